interface Lock {
  packages: Record<
    string,
    {
      version?: string;
      resolved?: string;
      integrity?: string;
      license?: string;
      hasInstallScript?: boolean;
      link?: boolean;
    }
  >;
}

interface Manifest {
  scripts?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export function problemsOf(lock: Lock, manifest: Manifest): string[];
export function licensesOf(lock: Lock): Record<string, string[]>;

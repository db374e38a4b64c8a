/** The canvas that the world is drawn on. */
export const CANVAS = { width: 1000, height: 440 } as const;

/** The equator's line on the canvas, and half the width of the world in the projection's own unit. */
const EQUATOR = 243;
const HALF_WIDTH = 2.7066;

const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796] as const;
const M = Math.sqrt(3) / 2;

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/**
 * Equal Earth (Šavrič, Patterson and Jenny 2018, doi 10.1080/13658816.2018.1504949): areas are true,
 * and shapes look as people expect.
 *
 * @param latitude degrees, north positive
 * @param longitude degrees, east positive
 * @returns a place on the canvas
 */
export function project(latitude: number, longitude: number): { x: number; y: number } {
  const t = Math.asin(M * Math.sin(radians(latitude)));
  const t2 = t * t;
  const t6 = t2 ** 3;
  const stretch = M * (A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2));
  const x = (radians(longitude) * Math.cos(t)) / stretch;
  const y = t * (A1 + A2 * t2 + t6 * (A3 + A4 * t2));
  const scale = CANVAS.width / 2 / HALF_WIDTH;
  return { x: CANVAS.width / 2 + x * scale, y: EQUATOR - y * scale };
}

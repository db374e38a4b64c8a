import { ActionIcon, Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from '../ui/Icon.tsx';
import { toast } from '../ui/toasts.ts';

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ tone: 'done', text: `${what} copied` });
  } catch {
    // The browser asks for a secure page, or the person has said no.
    toast({ tone: 'failed', text: 'The browser did not let it be copied.' });
  }
}

async function copyMarkdown(id: string): Promise<void> {
  const answer = await fetch(`/api/v1/incidents/${id}/markdown`);
  if (answer.ok) await copy(await answer.text(), 'Markdown');
  else toast({ tone: 'failed', text: 'The incident could not be read.' });
}

/** Ways to take an incident elsewhere. */
export function Share({ id, client }: { id: string; client: string }): ReactNode {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label="More">
          <Icon name="dots" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<Icon name="link" size={16} />}
          onClick={() => void copy(`${location.origin}/incidents/${id}`, 'Link')}
        >
          Copy link
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="copy" size={16} />}
          onClick={() => void copyMarkdown(id)}
        >
          Copy as Markdown
        </Menu.Item>
        <Menu.Item
          component="a"
          href={`/api/v1/incidents/${id}/ocsf`}
          download
          leftSection={<Icon name="download" size={16} />}
        >
          Download as OCSF
        </Menu.Item>
        {client !== '' && (
          <Menu.Item
            component="a"
            href={`/silences?client=${encodeURIComponent(client)}`}
            leftSection={<Icon name="silences" size={16} />}
          >
            Silence this client
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

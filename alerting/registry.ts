import type { ReceiverConfig } from '../config/receivers.ts';
import type { Notifier } from './notifier.ts';
import { caep } from './notifiers/caep/caep.ts';
import { email } from './notifiers/email/email.ts';
import { pagerduty } from './notifiers/pagerduty/pagerduty.ts';
import { revocation } from './notifiers/revocation/revocation.ts';
import { slack } from './notifiers/slack/slack.ts';
import { template } from './notifiers/template/template.ts';
import { webhook } from './notifiers/webhook/webhook.ts';

/** Every way of telling somebody, or of acting; a new one is a folder and two lines here. */
export const NOTIFIERS = { slack, email, webhook, template, pagerduty, revocation, caep } as const;

/** What is the same for all receivers of a type. */
export function kindOf(receiver: ReceiverConfig): { inPlace: boolean; spacing: number } {
  return NOTIFIERS[receiver.type];
}

/** A configured receiver, ready to send. */
export function createNotifier(name: string, receiver: ReceiverConfig, buttons: boolean): Notifier {
  const common = { name, buttons };
  switch (receiver.type) {
    case 'slack':
      return slack.create({ ...common, receiver });
    case 'email':
      return email.create({ ...common, receiver });
    case 'webhook':
      return webhook.create({ ...common, receiver });
    case 'template':
      return template.create({ ...common, receiver });
    case 'pagerduty':
      return pagerduty.create({ ...common, receiver });
    case 'revocation':
      return revocation.create({ ...common, receiver });
    case 'caep':
      return caep.create({ ...common, receiver });
  }
}

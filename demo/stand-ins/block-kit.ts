import { z } from 'zod';

/** Slack's own limits, as its API reference gives them; what is over them is refused as Slack does. */
const plainText = (max: number) =>
  z.object({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const mrkdwn = (max: number) =>
  z.object({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max) });
const eitherText = (max: number) => z.union([plainText(max), mrkdwn(max)]);

const confirmSchema = z.object({
  title: plainText(100),
  text: eitherText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const buttonSchema = z.object({
  type: z.literal('button'),
  action_id: z.string().max(255),
  text: plainText(75),
  value: z.string().max(2_000).optional(),
  url: z.url().max(3_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirmSchema.optional(),
});

const id = { block_id: z.string().max(255).optional() };

const blockSchema = z.discriminatedUnion('type', [
  z.object({ ...id, type: z.literal('header'), text: plainText(150) }),
  z.object({ ...id, type: z.literal('divider') }),
  z
    .object({
      ...id,
      type: z.literal('section'),
      text: eitherText(3_000).optional(),
      fields: z.array(eitherText(2_000)).min(1).max(10).optional(),
    })
    .refine(
      (section) => section.text !== undefined || section.fields !== undefined,
      'text or fields',
    ),
  z.object({
    ...id,
    type: z.literal('context'),
    elements: z.array(eitherText(3_000)).min(1).max(10),
  }),
  z.object({ ...id, type: z.literal('actions'), elements: z.array(buttonSchema).min(1).max(25) }),
]);

/** The blocks of one message. */
export const blocksSchema = z.array(blockSchema).max(50);

export type Block = z.infer<typeof blockSchema>;

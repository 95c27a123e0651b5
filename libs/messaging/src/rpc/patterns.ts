import { MessagePattern } from '@nestjs/microservices';

/** A command: `name` travels beside the payload, its subject names the virtual shard. */
export const OnCommand = (name: string): MethodDecorator => MessagePattern(`cmd:${name}`);

/** A question that any one instance answers. */
export const OnQuery = (name: string): MethodDecorator => MessagePattern(`qry:${name}`);

/** A question that every instance answers. */
export const OnEach = (name: string): MethodDecorator => MessagePattern(`each:${name}`);

const PATTERN = /^(cmd|qry|each):[A-Za-z0-9_.-]+$/;

/** @throws Error, at the start, for a handler that could never be reached */
export function checkPatterns(patterns: Iterable<[string, { isEventHandler?: boolean }]>): void {
  for (const [pattern, { isEventHandler }] of patterns) {
    if (!PATTERN.test(pattern)) {
      throw new Error(`the handler "${pattern}" is not marked with OnCommand, OnQuery or OnEach`);
    }
    if (isEventHandler) throw new Error(`"${pattern}" is an event handler; events are read with FrameConsumer`);
  }
}

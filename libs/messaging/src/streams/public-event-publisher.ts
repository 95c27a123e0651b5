import { publishStored, type PublishingBus } from './publish.js';

/** Puts events on the public streams, one message each. */
export class PublicEventPublisher {
  constructor(private readonly bus: PublishingBus) {}

  /**
   * @param subject  `subjects.publicEvent(…)`; its first token names the stream
   * @param id  id of the event; publishing it again within two minutes changes nothing
   * @throws Error when NATS does not store it
   */
  async publish(subject: string, id: string, body: object): Promise<void> {
    const domain = subject.slice(0, subject.indexOf('.'));
    await publishStored(this.bus, `PUB_${domain.toUpperCase()}`, { subject, data: JSON.stringify(body), id });
  }
}

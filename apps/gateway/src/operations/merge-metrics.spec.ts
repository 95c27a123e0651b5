import { mergeMetrics } from './merge-metrics.js';

describe('mergeMetrics', () => {
  const text = (service: string) =>
    `# HELP log_head Last position\n# TYPE log_head gauge\nlog_head{service="${service}"} 7\n` +
    `# HELP up Is it\n# TYPE up gauge\nup 1\n# HELP secs Took\n# TYPE secs histogram\nsecs_bucket{le="1",service="${service}"} 2\nsecs_count{service="${service}"} 2\n`;

  it('says each family once, with every instance in it', () => {
    const merged = mergeMetrics([
      { instance: 'auth-1', text: text('auth') },
      { instance: 'rooms-1', text: text('rooms') },
    ]);
    expect(merged).toBe(
      [
        '# HELP log_head Last position',
        '# TYPE log_head gauge',
        'log_head{service="auth",instance="auth-1"} 7',
        'log_head{service="rooms",instance="rooms-1"} 7',
        '# HELP up Is it',
        '# TYPE up gauge',
        'up{instance="auth-1"} 1',
        'up{instance="rooms-1"} 1',
        '# HELP secs Took',
        '# TYPE secs histogram',
        'secs_bucket{le="1",service="auth",instance="auth-1"} 2',
        'secs_count{service="auth",instance="auth-1"} 2',
        'secs_bucket{le="1",service="rooms",instance="rooms-1"} 2',
        'secs_count{service="rooms",instance="rooms-1"} 2',
        '',
      ].join('\n'),
    );
  });

  it('keeps label values with braces and quotes whole', () => {
    expect(mergeMetrics([{ instance: 'i', text: '# TYPE a gauge\na{path="/{x}"} 1' }])).toContain(
      'a{path="/{x}",instance="i"} 1',
    );
  });
});

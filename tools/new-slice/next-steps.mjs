/** What is left to do once the skeleton stands. */
export function nextSteps({ name, folder, code, isCommand, camel, app }) {
  const steps = isCommand
    ? [
        `Say in ${name}.spec.ts what shall follow, as given / when / then; it fails.`,
        `Name the fact: a type in libs/contracts/src/${app}/events.ts, a version in the event types of ${app}.`,
        `Let decide look at the aggregate's state and return the events; hand it to the aggregate's repository in the controller.`,
        `Extend ${name}.api.spec.ts: the good case, the refusals, the wrong requester, the same call twice.`,
      ]
    : [
        `Say in ${name}.spec.ts what the answer looks like, from rows; it fails.`,
        `Make the answer from rows, and let the controller read them; a new read model needs a projection and a migration.`,
        `Extend ${name}.api.spec.ts: the good case, the refusals, the wrong requester.`,
      ];
  const all = [
    ...steps,
    `Remove ${code} from the table of refusals when nothing throws it any more.`,
    `Look at the row "${camel}" in libs/contracts/src/routes.ts: who may call, and what it says of itself.`,
    'npm run build && npm run docs, and a line in CHANGELOG.md.',
  ];
  return `\nIt compiles, refuses what is invalid, and everything else with 404 M_UNRECOGNIZED:\n  npm test -- ${folder}\n\nNext:\n${all.map((step, i) => `  ${i + 1}. ${step}`).join('\n')}`;
}

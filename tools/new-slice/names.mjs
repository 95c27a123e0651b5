const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Of which a type or a class would hide what the skeleton imports or needs. */
const RESERVED = [
  'command',
  'commands',
  'object',
  'record',
  'type',
  'route-reply',
  'route-request',
  'partial',
  'promise',
];

const isWord = (text) => NAME.test(text);
export const isName = (text) => isWord(text) && !RESERVED.includes(text);
export const isFeature = (text) => text.split('/').every(isWord);

/** close-report → CloseReport */
export const pascal = (name) => name.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase());
/** close-report → closeReport */
export const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
/** close-report → CLOSE_REPORT */
export const screaming = (name) => name.replaceAll('-', '_').toUpperCase();
/** close-report → Close report */
export const sentence = (name) => name.replace(/^\w/, (letter) => letter.toUpperCase()).replaceAll('-', ' ');

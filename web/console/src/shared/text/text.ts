import { en, type Texts } from './en';

/** The texts in use. The one place that will choose by language. */
export const text: Texts = en;

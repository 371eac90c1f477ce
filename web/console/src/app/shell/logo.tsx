import { text } from '~/shared/text/text';
import classes from './logo.module.css';

export function Logo() {
  return (
    <span className={classes.logo}>
      <img src="/favicon.svg" alt="" width={26} height={26} />
      {text.product}
    </span>
  );
}

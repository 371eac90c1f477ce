import type { ReactNode } from 'react';
import classes from './dot.module.css';

interface DotProps {
  tone: 'good' | 'bad' | 'warn' | 'neutral';
  pulse?: boolean;
  children: ReactNode;
}

/** A state in words with a coloured dot: never the colour alone. */
export function Dot({ tone, pulse = false, children }: DotProps) {
  const names = [classes.dot, tone === 'neutral' ? '' : classes[tone], pulse ? classes.pulse : ''];
  return <span className={names.filter(Boolean).join(' ')}>{children}</span>;
}

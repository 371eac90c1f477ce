import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useState } from 'react';
import { text } from '../text/text';
import classes from './copy-field.module.css';

interface CopyFieldProps {
  label: string;
  value: string;
  secret?: boolean;
}

/** A value to be typed or copied elsewhere; a secret stays covered until asked for. */
export function CopyField({ label, value, secret = false }: CopyFieldProps) {
  const [shown, setShown] = useState(!secret);
  const eyeLabel = shown ? text.extensions.hidePassword : text.extensions.showPassword;
  return (
    <div className={classes.row}>
      <span className={classes.label}>{label}</span>
      <span className={classes.right}>
        <span className={classes.value}>{shown ? value : '••••••••••••'}</span>
        {secret && (
          <ActionIcon variant="subtle" color="gray" aria-label={eyeLabel} onClick={() => setShown(!shown)}>
            {shown ? <IconEyeOff size={16} /> : <IconEye size={16} />}
          </ActionIcon>
        )}
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? text.copied : text.copy}>
              <ActionIcon
                variant="subtle"
                color={copied ? 'green' : 'gray'}
                aria-label={`${text.copy}: ${label}`}
                onClick={copy}
              >
                {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </span>
    </div>
  );
}

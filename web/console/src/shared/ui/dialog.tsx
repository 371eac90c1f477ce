import { Modal, type ModalProps } from '@mantine/core';
import { text } from '../text/text';

/** A modal dialog with a named close button. */
export function Dialog(props: Omit<ModalProps, 'closeButtonProps'>) {
  return <Modal {...props} closeButtonProps={{ 'aria-label': text.close }} />;
}

import { Button, Group, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Receipt } from '@parley/api-client/calls';
import type { CallId } from '@parley/api-client/ids';
import { keys } from '~/shared/api/keys';
import { useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { ConfirmDialog } from '~/shared/ui/confirm-dialog';
import { Dialog } from '~/shared/ui/dialog';
import { ReceiptView } from '~/shared/ui/receipt-view';
import { deleteFromCall, type Deletable } from '../api/delete-call';

interface DeleteDialogProps {
  call: CallId;
  what: Deletable | null;
  onClose: () => void;
  onDone: (what: Deletable) => void;
}

/** Asks, deletes, and shows the receipt. */
export function DeleteDialog({ call, what, onClose, onDone }: DeleteDialogProps) {
  const t = text.call.remove;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: (kind: Deletable): Promise<Receipt> => deleteFromCall(organisation, call, kind),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.calls(organisation) });
      void queryClient.invalidateQueries({ queryKey: keys.receipts(organisation) });
    },
  });
  const close = () => {
    remove.reset();
    onClose();
  };
  const done = () => {
    if (what) onDone(what);
    close();
  };
  if (remove.data)
    return (
      <Dialog opened={what !== null} onClose={done} title={text.receipt.title} size="lg">
        <Stack>
          <ReceiptView receipt={remove.data} />
          <Group justify="flex-end">
            <Button onClick={done}>{text.receipt.done}</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  return (
    <ConfirmDialog
      opened={what !== null}
      title={what === 'recording' ? t.recordingTitle : t.callTitle}
      message={what === 'recording' ? t.recordingText : t.callText}
      confirm={t.confirm}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => what && remove.mutate(what)}
      onClose={close}
    />
  );
}

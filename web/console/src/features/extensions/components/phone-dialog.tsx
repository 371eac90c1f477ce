import { ActionIcon, Alert, Button, Group, Loader, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { IconEyeCheck, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { DeviceId } from '@parley/api-client/ids';
import type { Extension, PhoneSettings } from '@parley/api-client/telephony';
import { keys } from '~/shared/api/keys';
import { useMay, useOrganisation } from '~/shared/session/session';
import { text } from '~/shared/text/text';
import { CopyField } from '~/shared/ui/copy-field';
import { Dialog } from '~/shared/ui/dialog';
import { notifyDone, notifyProblem } from '~/shared/ui/notify';
import { ProblemAlert } from '~/shared/ui/problem-alert';
import { QrCode } from '~/shared/ui/qr-code';
import { addDevice, removeDevice } from '../api/devices';
import { phoneSettingsQuery } from '../api/phone-settings';
import classes from './phone-dialog.module.css';

/** Settings and QR code of each phone of one extension. The server writes to the audit log that they were shown. */
export function PhoneDialog({ extension, onClose }: { extension: Extension; onClose: () => void }) {
  const t = text.extensions;
  const organisation = useOrganisation();
  const settings = useQuery(phoneSettingsQuery(organisation, extension.id));
  return (
    <Dialog opened onClose={onClose} size={680} title={t.phoneTitle(extension.number)}>
      <Stack>
        <Alert color="gray" icon={<IconEyeCheck size={18} />}>
          {t.phoneAudited}
        </Alert>
        <ProblemAlert error={settings.error} onRetry={() => void settings.refetch()} />
        {settings.isPending && !settings.error && <Loader aria-label={text.loading} />}
        {settings.data && (
          <Text size="sm">{settings.data.devices.length > 0 ? t.phoneScan : t.noDevices}</Text>
        )}
        {settings.data?.devices.map((device) => (
          <DeviceCard key={device.id} extension={extension} device={device} />
        ))}
        <AddDevice extension={extension} />
      </Stack>
    </Dialog>
  );
}

function DeviceCard({
  extension,
  device,
}: {
  extension: Extension;
  device: PhoneSettings['devices'][number];
}) {
  const t = text.extensions;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const mayWrite = useMay('extensions.write');
  const remove = useMutation({
    mutationFn: (id: DeviceId) => removeDevice(organisation, id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({
        queryKey: phoneSettingsQuery(organisation, extension.id).queryKey,
      });
      await queryClient.invalidateQueries({ queryKey: keys.extensions(organisation) });
      notifyDone(t.deviceRemoved);
    },
    onError: notifyProblem,
  });
  return (
    <section className={classes.device} aria-label={device.name}>
      <div className={classes.qr}>
        <QrCode value={device.qr_text} label={t.qr(device.name)} />
      </div>
      <div>
        <div className={classes.head}>
          <h3 className={classes.name}>{device.name}</h3>
          {mayWrite && (
            <Tooltip label={t.removeDevice(device.name)}>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t.removeDevice(device.name)}
                loading={remove.isPending}
                onClick={() => remove.mutate(device.id)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
        <CopyField label={t.server} value={`${device.server}:${device.port}`} />
        <CopyField label={t.domain} value={device.sip_domain} />
        <CopyField label={t.userName} value={device.sip_username} />
        <CopyField label={t.password} value={device.sip_password} secret />
        <CopyField label={t.transport} value={device.transport.toUpperCase()} />
      </div>
    </section>
  );
}

function AddDevice({ extension }: { extension: Extension }) {
  const t = text.extensions;
  const organisation = useOrganisation();
  const queryClient = useQueryClient();
  const mayWrite = useMay('extensions.write');
  const [name, setName] = useState('');
  const add = useMutation({
    mutationFn: () => addDevice(organisation, extension.id, name.trim()),
    onSuccess: async () => {
      setName('');
      await queryClient.invalidateQueries({
        queryKey: phoneSettingsQuery(organisation, extension.id).queryKey,
      });
      await queryClient.invalidateQueries({ queryKey: keys.extensions(organisation) });
      notifyDone(t.deviceAdded);
    },
  });
  if (!mayWrite) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs">
        <TextInput
          label={t.deviceName}
          value={name}
          flex={1}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending} disabled={name.trim() === ''}>
          {t.addDevice}
        </Button>
      </Group>
      <ProblemAlert error={add.error} />
    </form>
  );
}

#pragma once
#include <base/log.hpp>
#include <vault/keyring.hpp>

namespace parley::store {

/// Destroys the key of a thing whose rows are gone already. A failure cannot be undone by the caller: it is logged, and
/// prove names keys without a thing.
inline void shred(vault::Keyring& keyring, OrganisationId organisation, vault::ThingKind kind, const Uuid& thing) {
  if (const auto gone = keyring.destroy(organisation, kind, thing); !gone) {
    log::error("store.key_not_destroyed",
               {{"kind", to_string(kind)}, {"thing", thing.text()}, {"error", gone.error().text}});
  }
}

}  // namespace parley::store

#pragma once
#include <memory>
#include <optional>
#include <string>

#include <base/ids.hpp>
#include <pbx/leg_media.hpp>
#include <pbx/leg_sink.hpp>
#include <pbx/trunk_board.hpp>
#include <pbx/trunk_credential.hpp>
#include <sip/dialog.hpp>
#include <sip/session_timer.hpp>

namespace parley::pbx {

/// A dialog as Replaces names it, seen from us: `local_tag` is ours (RFC 3891 §3: its to-tag).
struct DialogName {
  std::string call_id, local_tag, remote_tag;
  bool early_only = false;
};

/// What others see of a party.
struct Shown {
  std::string number, name, domain;
};

/// A leg that leaves its call to go on in another one: its dialog, its ports, its session timer. Plain data, so that it
/// may cross to another reactor. The party notices nothing.
struct MovedLeg {
  sip::Flow flow;
  sip::Dialog dialog;
  LegMedia::Moved media;
  std::shared_ptr<LegSink> sink;
  sip::SessionTimer timer;
  bool takes_update = false;
  std::string contact;
  std::optional<CarrierLogin> login{};  // with a carrier
  TrunkChannel channel{};
  std::optional<ExtensionId> extension;  // whose leg it is
  Shown outside{};                       // ... of a party by trunk
  bool anonymous = false;                // and whether others may learn that (RFC 3323)
};

/// Where a call is.
struct CallAddress {
  CallId call;
  unsigned reactor = 0;
};

/// Who asks for a dialog's other leg.
struct TakeOrder {
  DialogName name;
  OrganisationId organisation;  // another one's dialogs do not exist
  bool may_redial = false;      // a consultation that still rings is given up, its number told instead
};
struct TakenLeg {
  std::optional<MovedLeg> leg;
  std::string ringing;    // may_redial: the number that rang
  unsigned status = 481;  // where neither is there: what RFC 3891 §3 answers; 491: not now
  /// The dialog rang and rings no more: its call keeps the place until Core::join() brings who takes it, or nobody.
  std::optional<CallAddress> place{};
};

}  // namespace parley::pbx

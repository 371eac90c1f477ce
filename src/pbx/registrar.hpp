#pragma once
#include <pbx/authenticator.hpp>
#include <sip/builder.hpp>

namespace parley::pbx {

/// How often a phone with an outbound flow must show that it is there (RFC 5626 §4.4, Flow-Timer).
inline constexpr std::chrono::seconds kFlowTimer{120};

/// Serves authenticated REGISTER requests: bindings of the device that signed in, added, refreshed, listed or removed.
/// An AOR is a device's user name or its extension's number; a device sees and changes only its own contacts.
/// All contacts of a request are accepted or none. Whoever has not signed in learns nothing here: every answer but the
/// challenge comes after it.
/// Source: RFC 3261 §10.3, RFC 3327 §5.3 (Path), RFC 5626 §6 (outbound).
/// Thread: the reactor's.   Lifetime: its Exchange.
class Registrar {
 public:
  Registrar(Shared& shared, Wire& wire) : shared_(shared), wire_(wire) {}

  /// The response to send.
  [[nodiscard]] sip::Outgoing serve(const sip::Message& request, const Identity& identity, std::string_view to_tag,
                                    TimePoint now, WallTime wall);
  /// Tells listeners and the database of bindings that went without a request (expired, connection closed, device
  /// removed).
  void gone(const std::vector<Binding>& bindings, std::string_view reason, WallTime wall);

 private:
  struct Refused {
    unsigned status = 400;
    std::string header_line;
  };
  /// What the request as a whole says about the way to its contacts.
  struct Route {
    std::vector<std::string> path;
    bool tell_path = false;  // the phone knows Path
    bool outbound = false;   // it may register flows
  };
  [[nodiscard]] static Result<Route, Refused> route_of(const sip::Message& request);
  [[nodiscard]] Result<LocationTable::Update, Refused> update_of(const sip::Message& request, const Identity& identity,
                                                                 const Route& route, TimePoint now,
                                                                 WallTime wall) const;
  void tell(std::string_view type, const Binding& binding, WallTime wall, std::string_view reason);
  /// RFC 3261 §20.17; made once a second.
  [[nodiscard]] const std::string& date_at(WallTime wall);
  Shared& shared_;
  Wire& wire_;
  std::chrono::sys_seconds date_of_{};
  std::string date_;
};

/// Where requests to a contact go: to the contact's own port and transport if it names the address that registered it,
/// else (NAT, or a lie) back to where the REGISTER came from. Never to a third address. `ob` (RFC 5626): always back.
[[nodiscard]] sip::Flow flow_of_contact(const sip::Uri& contact, const sip::Flow& source);

}  // namespace parley::pbx

#pragma once
#include <pbx/authenticator.hpp>
#include <sip/builder.hpp>

namespace parley::pbx {

/// Serves authenticated REGISTER requests: bindings of the device that signed in, added, refreshed, listed or removed.
/// An AOR is a device's user name or its extension's number; a device sees and changes only its own contacts.
/// All contacts of a request are accepted or none. Source: RFC 3261 §10.3.
/// Thread: the reactor's.   Lifetime: its Exchange.
class Registrar {
 public:
  explicit Registrar(Shared& shared) : shared_(shared) {}

  /// The response to send.
  [[nodiscard]] sip::Outgoing serve(const sip::Message& request, const Identity& identity, std::string_view to_tag,
                                    TimePoint now, WallTime wall);
  /// Tells listeners and the database of bindings that went without a request (expired, connection closed, device
  /// removed).
  void gone(const std::vector<Binding>& bindings, std::string_view reason, WallTime wall);

 private:
  struct Wish {
    std::string contact;
    sip::Flow flow;
    Duration lifetime{};  // zero: remove
  };
  [[nodiscard]] Result<std::vector<Wish>, unsigned> wishes(const sip::Message& request) const;
  void tell(std::string_view type, const Binding& binding, WallTime wall, std::string_view reason);
  Shared& shared_;
};

/// Where requests to a contact go: to the contact's own port and transport if it names the address that registered it,
/// else (NAT, or a lie) back to where the REGISTER came from. Never to a third address.
[[nodiscard]] sip::Flow flow_of_contact(const sip::Uri& contact, const sip::Flow& source);

}  // namespace parley::pbx

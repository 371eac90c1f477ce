#include <algorithm>

#include <fmt/format.h>

#include <sip/reginfo.hpp>
#include <sip/xml_text.hpp>

namespace parley::sip {
namespace {

const RegContact* find(const std::vector<RegContact>& all, const std::string& id) {
  const auto found = std::ranges::find(all, id, &RegContact::id);
  return found == all.end() ? nullptr : &*found;
}

void open_contact(std::string& out, const RegContact& contact, std::string_view state, std::string_view event) {
  out += "<contact";
  append_attribute(out, "id", contact.id);
  append_attribute(out, "state", state);
  append_attribute(out, "event", event);
}

void close_contact(std::string& out, const RegContact& contact) {
  out += ">\n";
  append_element(out, "uri", contact.uri);
  out += "</contact>\n";
}

void append_active(std::string& out, const RegContact& contact, std::string_view event, TimePoint now) {
  open_contact(out, contact, "active", event);
  const auto left = std::chrono::ceil<std::chrono::seconds>(contact.expires - now).count();
  append_attribute(out, "expires", std::to_string(std::max<std::int64_t>(left, 0)));
  if (contact.q != 1000) append_attribute(out, "q", fmt::format("0.{:03}", contact.q));
  append_attribute(out, "callid", contact.call_id);
  append_attribute(out, "cseq", std::to_string(contact.cseq));
  close_contact(out, contact);
}

}  // namespace

bool ReginfoTeller::differs(const std::vector<RegContact>& contacts) const {
  return !std::ranges::equal(contacts, told_, &RegContact::same);
}

std::string ReginfoTeller::tell(const std::vector<RegContact>& contacts, TimePoint now) {
  std::string out(kXmlHead);
  out += R"(<reginfo xmlns="urn:ietf:params:xml:ns:reginfo")";
  append_attribute(out, "version", std::to_string(version_++));
  append_attribute(out, "state", "full");
  out += ">\n<registration";
  append_attribute(out, "aor", aor_);
  append_attribute(out, "id", "r1");
  // RFC 3680 §3.3.1: init where nothing is bound, terminated right after the last contact went.
  append_attribute(out, "state", !contacts.empty() ? "active" : told_.empty() ? "init" : "terminated");
  out += ">\n";
  for (const auto& contact : contacts)
    append_active(out, contact, find(told_, contact.id) ? "refreshed" : "registered", now);
  for (const auto& old : told_) {
    if (find(contacts, old.id)) continue;
    open_contact(out, old, "terminated", old.expires <= now ? "expired" : "unregistered");
    close_contact(out, old);
  }
  out += "</registration>\n</reginfo>\n";
  told_ = contacts;
  return out;
}

}  // namespace parley::sip

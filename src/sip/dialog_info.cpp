#include <algorithm>
#include <array>

#include <sip/dialog_info.hpp>
#include <sip/xml_text.hpp>

namespace parley::sip {
namespace {

constexpr std::array<std::string_view, 3> kStates{"trying", "early", "confirmed"};

void append_party(std::string& out, std::string_view name, const DialogInfo::Party& party) {
  if (party.uri.empty()) return;
  out.append("<").append(name).append(">\n<identity");
  if (!party.display.empty()) append_attribute(out, "display", party.display);
  out += '>';
  append_xml(out, party.uri);
  out += "</identity>\n<target";
  append_attribute(out, "uri", party.uri);
  out += party.renders ? "/>\n" : ">\n<param pname=\"+sip.rendering\" pval=\"no\"/>\n</target>\n";
  out.append("</").append(name).append(">\n");
}

void append_dialog(std::string& out, const DialogInfo& dialog, std::string_view state) {
  out += "<dialog";
  append_attribute(out, "id", dialog.id);
  if (!dialog.call_id.empty()) append_attribute(out, "call-id", dialog.call_id);
  if (!dialog.local_tag.empty()) append_attribute(out, "local-tag", dialog.local_tag);
  if (!dialog.remote_tag.empty()) append_attribute(out, "remote-tag", dialog.remote_tag);
  append_attribute(out, "direction", dialog.initiator ? "initiator" : "recipient");
  out += ">\n";
  append_element(out, "state", state);
  append_party(out, "local", dialog.local);
  append_party(out, "remote", dialog.remote);
  out += "</dialog>\n";
}

const DialogInfo* find(const std::vector<DialogInfo>& all, const std::string& id) {
  const auto found = std::ranges::find(all, id, &DialogInfo::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string DialogInfoTeller::tell(const std::vector<DialogInfo>& now, bool whole) {
  std::string out(kXmlHead);
  out += R"(<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info")";
  append_attribute(out, "version", std::to_string(version_++));
  append_attribute(out, "state", whole ? "full" : "partial");
  append_attribute(out, "entity", entity_);
  out += ">\n";
  if (!whole)
    for (const auto& old : told_)
      if (!find(now, old.id)) append_dialog(out, old, "terminated");
  for (const auto& dialog : now) {
    const auto* old = find(told_, dialog.id);
    if (whole || !old || *old != dialog) append_dialog(out, dialog, kStates.at(static_cast<std::size_t>(dialog.state)));
  }
  out += "</dialog-info>\n";
  told_ = now;
  return out;
}

}  // namespace parley::sip

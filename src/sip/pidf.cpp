#include <algorithm>
#include <array>

#include <pugixml.hpp>

#include <sip/headers.hpp>
#include <sip/pidf.hpp>
#include <sip/xml_text.hpp>

namespace parley::sip {
namespace {

constexpr std::string_view kNamespace = "urn:ietf:params:xml:ns:pidf";
constexpr std::array<std::string_view, 5> kErrors{"too large", "has a document type", "no well-formed XML",
                                                  "too many or too deep elements", "no presence document"};

constexpr std::string_view kActivities[] = {
    "appointment",  "away",        "breakfast",         "busy",     "dinner",
    "holiday",      "in-transit",  "looking-for-work",  "meal",     "meeting",
    "on-the-phone", "performance", "permanent-absence", "playing",  "presentation",
    "shopping",     "sleeping",    "spectator",         "steering", "travel",
    "tv",           "unknown",     "vacation",          "working",  "worship"};

/// The name without its prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool is_in_namespace(const pugi::xml_node& root) {
  const std::string_view name = root.name();
  const auto colon = name.find(':');
  const auto attribute =
      colon == std::string_view::npos ? std::string("xmlns") : "xmlns:" + std::string(name.substr(0, colon));
  return root.attribute(attribute.c_str()).value() == kNamespace;
}

/// Printable, cut at a bound, no white space around it.
std::string text_of(const pugi::xml_node& node) {
  std::string_view text = node.text().get();
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  return printable(text.substr(0, kMaxPidfText));
}

void add_note(std::vector<std::string>& notes, const pugi::xml_node& node) {
  if (notes.size() >= kMaxPidfNotes) return;
  if (auto text = text_of(node); !text.empty()) notes.push_back(std::move(text));
}

class Limits final : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    fine_ = fine_ && static_cast<unsigned>(depth()) < kMaxPidfDepth;
    if (node.type() == pugi::node_element) fine_ = fine_ && ++elements_ <= kMaxPidfElements;
    return fine_;
  }
  [[nodiscard]] bool fine() const { return fine_; }

 private:
  bool fine_ = true;
  std::size_t elements_ = 0;
};

PresenceTuple tuple_of(const pugi::xml_node& node) {
  PresenceTuple out;
  out.id = printable(std::string_view(node.attribute("id").value()).substr(0, kMaxPidfText));
  for (const auto& child : node.children()) {
    const auto name = local_name(child);
    if (name == "note") add_note(out.notes, child);
    if (name == "contact") out.contact = text_of(child);
    if (name != "status") continue;
    for (const auto& part : child.children()) {
      const auto value = local_name(part) == "basic" ? text_of(part) : std::string();
      if (value == "open" || value == "closed") out.open = value == "open";
    }
  }
  return out;
}

void take_person(const pugi::xml_node& person, Presence& out) {
  for (const auto& child : person.children()) {
    if (local_name(child) == "note") add_note(out.notes, child);
    if (local_name(child) != "activities") continue;
    for (const auto& activity : child.children()) {
      const auto* const known = std::ranges::find(kActivities, local_name(activity));
      if (known != std::end(kActivities) && std::ranges::find(out.activities, *known) == out.activities.end())
        out.activities.emplace_back(*known);
    }
  }
}

void append_notes(std::string& out, std::string_view name, const std::vector<std::string>& notes) {
  for (const auto& note : notes) append_element(out, name, note);
}

void append_tuple(std::string& out, const PresenceTuple& tuple) {
  out += "<tuple";
  append_attribute(out, "id", tuple.id);
  out += ">\n<status>";
  if (tuple.open) out.append("<basic>").append(*tuple.open ? "open" : "closed").append("</basic>");
  out += "</status>\n";
  if (!tuple.contact.empty()) append_element(out, "contact", tuple.contact);
  append_notes(out, "note", tuple.notes);
  out += "</tuple>\n";
}

}  // namespace

std::string_view to_string(PidfErrc code) noexcept { return kErrors.at(static_cast<std::size_t>(code)); }

Result<Presence, PidfErrc> parse_pidf(std::string_view text) {
  if (text.size() > kMaxPidf) return std::unexpected(PidfErrc::TooLarge);
  if (text.find("<!DOCTYPE") != std::string_view::npos) return std::unexpected(PidfErrc::Doctype);
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return std::unexpected(PidfErrc::Malformed);
  Limits limits;
  document.traverse(limits);
  if (!limits.fine()) return std::unexpected(PidfErrc::TooDeep);
  const auto root = document.document_element();
  if (local_name(root) != "presence" || !is_in_namespace(root)) return std::unexpected(PidfErrc::NotPidf);
  Presence out;
  out.entity = printable(std::string_view(root.attribute("entity").value()).substr(0, kMaxPidfText));
  if (out.entity.empty()) return std::unexpected(PidfErrc::NotPidf);
  for (const auto& child : root.children()) {
    const auto name = local_name(child);
    if (name == "tuple" && out.tuples.size() < kMaxPidfTuples) out.tuples.push_back(tuple_of(child));
    if (name == "note") add_note(out.notes, child);
    if (name == "person") take_person(child, out);
  }
  return out;
}

std::string write_pidf(const Presence& presence) {
  std::string out(kXmlHead);
  out += R"(<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model")"
         R"( xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid")";
  append_attribute(out, "entity", presence.entity);
  out += ">\n";
  for (const auto& tuple : presence.tuples) append_tuple(out, tuple);
  append_notes(out, "note", presence.notes);
  if (!presence.activities.empty()) {
    out += "<dm:person id=\"p1\"><rpid:activities>";
    for (const auto& activity : presence.activities) out.append("<rpid:").append(activity).append("/>");
    out += "</rpid:activities></dm:person>\n";
  }
  out += "</presence>\n";
  return out;
}

}  // namespace parley::sip

#include <algorithm>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Filter {
  std::string words, transport;
  std::string sort = "extension";
  bool wide = false;
};

bool shown(const json::value& one, const Filter& filter) {
  if (!filter.transport.empty() && text_at(one, "transport") != filter.transport) return false;
  if (filter.words.empty()) return true;
  return std::ranges::any_of(
      std::initializer_list<const char*>{"extension", "device", "source", "contact", "user_agent"},
      [&](const char* member) { return text_at(one, member).find(filter.words) != std::string::npos; });
}

void list(Context& context, const Filter& filter) {
  const auto value = context.client().get(context.path("/registrations"));
  static constexpr std::pair<const char*, const char*> kKeys[] = {{"extension", "extension"},
                                                                  {"device", "device"},
                                                                  {"expiry", "expires_at"},
                                                                  {"from", "source"},
                                                                  {"phone", "user_agent"}};
  const auto* const key = std::ranges::find(kKeys, filter.sort, &std::pair<const char*, const char*>::first)->second;
  std::vector<std::pair<std::string, json::value>> keyed;
  for (const auto& one : items_of(value)) {
    if (!shown(one, filter)) continue;
    auto text = text_at(one, key);
    if (std::string_view(key) == "extension") text.insert(0, text.size() < 16 ? 16 - text.size() : 0, ' ');  // 99, 101
    keyed.emplace_back(text + text_at(one, "device"), one);
  }
  std::ranges::sort(keyed, {}, &std::pair<std::string, json::value>::first);
  json::array rows;
  for (auto& [text, one] : keyed) rows.push_back(std::move(one));
  if (context.print_json(rows)) return;
  std::vector<std::string> headings{"EXTENSION", "DEVICE", "TRANSPORT", "FROM", "PHONE", "UNTIL"};
  if (filter.wide) headings.insert(headings.end(), {"CONTACT", "PATH", ">LATENCY"});
  Table table{headings};
  for (const auto& one : rows) {
    std::vector<Cell> row{text_at(one, "extension"),
                          text_at(one, "device"),
                          text_at(one, "transport"),
                          text_at(one, "source"),
                          printable(text_at(one, "user_agent")),
                          local_time(text_at(one, "expires_at"))};
    if (filter.wide) {
      std::string path;
      for (const auto& hop : array_at(one, "path"))
        if (hop.is_string()) path += (path.empty() ? "" : " ") + std::string(hop.get_string());
      const auto latency = text_at(one, "latency_ms");
      const bool dead = text_at(one, "answers") == "false";
      row.insert(row.end(), {printable(text_at(one, "contact")), printable(path),
                             dead              ? std::string("no answer")
                             : latency.empty() ? std::string("-")
                                               : latency + " ms"});
    }
    table.add(std::move(row));
  }
  if (!table.empty()) return table.print(context.terminal());
  context.out() << (items_of(value).empty()
                        ? "No phone is registered. `parley phone NUMBER` shows what to type into one.\n"
                        : "No registration is like that.\n");
}

}  // namespace

void add_registrations(CLI::App& app, Context& context) {
  auto filter = std::make_shared<Filter>();
  auto* command = app.add_subcommand("registrations", "Phones that are registered now");
  command->add_option("words", filter->words, "Part of the extension, device, address, contact or phone's name");
  command->add_option("--transport", filter->transport, "udp, tcp, tls, ws or wss alone")
      ->check(CLI::IsMember({"udp", "tcp", "tls", "ws", "wss"}));
  command->add_option("--sort", filter->sort, "extension, device, expiry, from or phone")
      ->check(CLI::IsMember({"extension", "device", "expiry", "from", "phone"}))
      ->capture_default_str();
  command->add_flag("--wide", filter->wide, "Contact, path and latency as well");
  command->footer("Examples:\n  parley registrations 101\n  parley registrations --transport tcp --sort expiry --wide");
  command->callback([&context, filter] { list(context, *filter); });
}

}  // namespace parley::cli

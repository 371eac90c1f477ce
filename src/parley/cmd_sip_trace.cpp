#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

constexpr std::size_t kColumn = 36;  // "401 Unauthorized (REGISTER)" and its arrow
constexpr auto kEvery = std::chrono::seconds(1);

struct Arguments {
  std::string call, address, account;
  std::size_t last = 0;
  bool raw = false, bodies = false, follow = false;
};

std::string clock_of(const json::value& one) {  // 10:02:01.123 of 2026-11-20T10:02:01.123Z
  const auto at = text_at(one, "at");
  const auto t = at.find('T');
  return t == std::string::npos ? at : at.substr(t + 1, at.size() - t - 2);
}

std::string fitted(std::string text, std::size_t width) {
  while (display_width(text) > width) text.pop_back();
  return text + std::string(width - display_width(text), ' ');
}

/// Participants as columns: who spoke first, Parley, then the others in the order of their coming.
class Ladder {
 public:
  explicit Ladder(Context& context, const Arguments& arguments) : context_(context), arguments_(arguments) {}

  void add(const json::array& messages) {
    bool grown = false;
    for (const auto& one : messages) grown = column_of(text_at(one, "peer")) == 0 || grown;
    for (const auto& one : messages) {
      const auto peer = text_at(one, "peer");
      if (column_of(peer) != 0) continue;
      peers_.push_back(peer);
    }
    if (grown) head();
    for (const auto& one : messages) line(one);
    context_.out().flush();
  }

 private:
  /// 1 …; 0: not there yet. Parley stands behind the first.
  [[nodiscard]] std::size_t column_of(const std::string& peer) const {
    for (std::size_t i = 0; i < peers_.size(); ++i)
      if (peers_[i] == peer) return i + 1;
    return 0;
  }
  void head() {
    std::string text = fitted("", 14);
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      text += fitted(printable(peers_[i]), kColumn);
      if (i == 0) text += fitted("Parley", kColumn);
    }
    context_.out() << context_.terminal().paint(Colour::Bold, text) << '\n';
  }
  void line(const json::value& one) {
    const auto column = column_of(text_at(one, "peer"));
    const std::size_t place = column == 1 ? 0 : column;  // in gaps between columns; Parley is 1
    const auto from = std::min<std::size_t>(place, 1);
    const auto gaps = place > 1 ? place - 1 : 1;
    const bool to_the_right = (text_at(one, "direction") == "in") == (place == 0);
    auto label = " " + printable(text_at(one, "summary")) + " ";
    const auto width = gaps * kColumn - 1;
    while (display_width(label) > width - 3) label.pop_back();
    const auto dashes = width - display_width(label) - 2;
    std::string arrow = to_the_right ? "─" : "◄";
    arrow += label;
    for (std::size_t i = 0; i < dashes; ++i) arrow += "─";
    arrow += to_the_right ? "►" : "─";
    const auto status = text_at(one, "summary");
    const auto colour = status.starts_with('2')                ? Colour::Green
                        : status.starts_with('1')              ? Colour::Plain
                        : status[0] >= '3' && status[0] <= '6' ? Colour::Red
                                                               : Colour::Cyan;
    std::string text = fitted(clock_of(one), 14);
    for (std::size_t gap = 0; gap <= peers_.size(); ++gap) {
      text += "│";
      if (gap == from) {
        text += context_.terminal().paint(colour, arrow);
        text += "│";
        gap += gaps;
      }
      if (gap < peers_.size()) text += std::string(kColumn - 1, ' ');
    }
    context_.out() << text << '\n';
    if (arguments_.bodies) body(text_at(one, "text"));
  }
  void body(const std::string& message) {
    auto at = message.find("\n\n");
    if (at == std::string::npos || at + 2 >= message.size()) return;
    std::string rest = message.substr(at + 2);
    for (std::size_t begin = 0; begin < rest.size();) {
      const auto end = std::min(rest.find('\n', begin), rest.size());
      context_.out() << std::string(16, ' ') << printable(rest.substr(begin, end - begin)) << '\n';
      begin = end + 1;
    }
  }

  Context& context_;
  const Arguments& arguments_;
  std::vector<std::string> peers_;
};

void print_raw(Context& context, const json::array& messages) {
  for (const auto& one : messages) {
    context.out() << context.terminal().paint(Colour::Bold,
                                              fmt::format("{} {} {} {}", text_at(one, "at"),
                                                          text_at(one, "direction") == "in" ? "from" : "to",
                                                          printable(text_at(one, "peer")), text_at(one, "transport")))
                  << '\n';
    const auto text = text_at(one, "text");
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      context.out() << printable(text.substr(begin, end - begin)) << '\n';
      begin = end + 1;
    }
    context.out() << '\n';
  }
}

std::string query_of(Context& context, const Arguments& arguments) {
  if (arguments.call.empty() || arguments.call.find('@') != std::string::npos || arguments.last > 0 ||
      !arguments.address.empty() || !arguments.account.empty()) {
    std::string query =
        fmt::format("/sip-trace?limit={}", arguments.last > 0 ? std::min<std::size_t>(arguments.last, 500) : 50);
    if (!arguments.call.empty()) query += "&call_id=" + encode(arguments.call);
    if (!arguments.address.empty()) query += "&address=" + encode(arguments.address);
    if (!arguments.account.empty()) query += "&account=" + encode(arguments.account);
    return context.path(query) + "&after=";
  }
  // A live call is not in the list of calls yet.
  for (const auto& live : items_of(context.client().get(context.path("/live-calls")))) {
    const auto id = text_at(live, "id");
    if (id.ends_with(arguments.call) || arguments.call == "last")
      return context.path("/calls/" + id + "/sip-trace?after=");
  }
  return context.path("/calls/" + context.call_id(arguments.call) + "/sip-trace?after=");
}

void trace(Context& context, const Arguments& arguments) {
  const auto query = query_of(context, arguments);
  Ladder ladder(context, arguments);
  std::string after = "0";
  for (bool first = true;; first = false) {
    const auto value = context.client().get(query + after);
    const auto& messages = items_of(value);
    if (context.options.json) {
      if (!arguments.follow || !messages.empty()) (void)context.print_json(messages);
    } else if (arguments.raw) {
      print_raw(context, messages);
    } else {
      ladder.add(messages);
    }
    if (first && messages.empty() && !context.options.json)
      context.terminal().err() << "No message is like that yet.\n";
    if (!messages.empty()) after = text_at(messages.back(), "number");
    if (!arguments.follow) return;
    std::this_thread::sleep_for(kEvery);
  }
}

}  // namespace

void add_sip_trace(CLI::App& app, Context& context) {
  auto* group = app.get_subcommand("sip");
  auto arguments = std::make_shared<Arguments>();
  auto* command = group->add_subcommand("trace", "The SIP messages of a call, or the last ones, as a ladder");
  command->add_option("call", arguments->call, "Id of a call, the end of one, 'last', or a Call-ID of SIP (with @)")
      ->type_name("CALL");
  command->add_option("--last", arguments->last, "The last N messages, also of what failed")
      ->check(CLI::PositiveNumber);
  command->add_option("--address", arguments->address, "Begin of the peer's address");
  command->add_option("--account", arguments->account, "User part of From or To");
  command->add_flag("--bodies", arguments->bodies, "Bodies below the arrows");
  command->add_flag("--raw", arguments->raw, "The messages as they were");
  command->add_flag("--follow,-f", arguments->follow, "Go on until Ctrl-C");
  command->footer(
      "Messages are in memory only, the oldest go first. Digest answers and media keys are never shown; names, "
      "numbers\n"
      "and bodies only with the permission sip_trace.read. Every reading is audited.\n"
      "Examples:\n  parley sip trace last\n  parley sip trace --last 20 --address 192.0.2.7\n  parley sip trace "
      "--account "
      "101 --follow");
  command->callback([&context, arguments] { trace(context, *arguments); });
}

}  // namespace parley::cli

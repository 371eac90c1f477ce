#include <memory>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/qr.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct Wanted {
  std::string number;
  std::optional<std::string> name, email, mobile, site, department, caller_id, recording;
  std::optional<int> ring_timeout_s;
  std::optional<bool> enabled;
  std::string device;
  bool yes = false;

  [[nodiscard]] json::object fields() const {
    json::object out;
    const auto text = [&](const char* key, const std::optional<std::string>& value) {
      if (value) out[key] = *value;
    };
    text("display_name", name), text("email", email), text("mobile", mobile), text("site", site),
        text("department", department);
    text("caller_id", caller_id), text("recording", recording);
    if (ring_timeout_s) out["ring_timeout_s"] = *ring_timeout_s;
    if (enabled) out["enabled"] = *enabled;
    return out;
  }
};

void list(Context& context) {
  const auto all = context.client().get_all(context.path("/extensions?limit=200"), 100000);
  if (context.print_json(all)) return;
  Table table{{"NUMBER", "NAME", "RECORDING", "DEVICES", "DEPARTMENT", "E-MAIL"}};
  for (const auto& one : all) {
    std::string devices;
    for (const auto& device : array_at(one, "devices"))
      devices += fmt::format("{}{}{}", devices.empty() ? "" : ", ", text_at(device, "name"),
                             bool_at(device, "registered") ? " (registered)" : "");
    const bool on = text_at(one, "recording") == "on";
    table.add({text_at(one, "number"),
               text_at(one, "display_name"),
               {on ? "on" : "off", on ? Colour::Yellow : Colour::Plain},
               devices,
               text_at(one, "department"),
               text_at(one, "email")});
  }
  if (table.empty())
    context.out() << "There is no extension yet: parley extensions add NUMBER --name NAME\n";
  else
    table.print(context.terminal());
}

void add(Context& context, const Wanted& wanted) {
  auto body = wanted.fields();
  body["number"] = wanted.number;
  const auto made = context.client().post(context.path("/extensions"), body);
  if (context.print_json(made)) return;
  context.out() << fmt::format("Made extension {}. Its phone: parley phone {}\n", wanted.number, wanted.number);
}

void set(Context& context, const Wanted& wanted) {
  const auto body = wanted.fields();
  if (body.empty())
    throw Failure(Exit::Usage, "nothing to change",
                  "Say what, for example --recording on. `parley extensions set --help` lists all.");
  const auto id = text_at(context.extension(wanted.number), "id");
  const auto changed = context.client().patch(context.path("/extensions/" + id), body);
  if (context.print_json(changed)) return;
  context.out() << fmt::format("Changed extension {}.\n", wanted.number);
}

void remove(Context& context, const Wanted& wanted) {
  const auto id = text_at(context.extension(wanted.number), "id");
  context.confirm_or_stop(fmt::format("Delete extension {} and its devices for good?", wanted.number), wanted.yes);
  const auto answer = context.client().remove(context.path("/extensions/" + id));
  if (context.print_json(answer)) return;
  context.out() << fmt::format("Deleted extension {}.\n", wanted.number);
}

void add_device(Context& context, const Wanted& wanted) {
  const auto id = text_at(context.extension(wanted.number), "id");
  const auto made =
      context.client().post(context.path("/extensions/" + id + "/devices"), json::object{{"name", wanted.device}});
  if (context.print_json(made)) return;
  context.out() << fmt::format("Added {} to extension {}. What to type into it: parley phone {}\n", wanted.device,
                               wanted.number, wanted.number);
}

void phone(Context& context, const std::string& number, bool no_qr) {
  const auto id = text_at(context.extension(number), "id");
  const auto value = context.client().get(context.path("/extensions/" + id + "/phone"));
  if (context.print_json(value)) return;
  auto& terminal = context.terminal();
  for (const auto& device : array_at(value, "devices")) {
    const auto line = [&](std::string_view name, const std::string& text) {
      context.out() << fmt::format("  {:<11}", name) << printable(text) << '\n';
    };
    context.out() << terminal.paint(Colour::Bold,
                                    fmt::format("Extension {}: {}", number, printable(text_at(device, "name"))))
                  << '\n';
    line("User name", text_at(device, "sip_username"));
    line("Password", text_at(device, "sip_password"));
    line("Domain", text_at(device, "sip_domain"));
    line("Server", fmt::format("{}:{} ({})", text_at(device, "server"), text_at(device, "port"),
                               text_at(device, "transport", "udp")));
    if (const auto port = text_at(device, "tls_port"); !port.empty() && text_at(device, "transport") != "tls")
      line("Encrypted", fmt::format("{}:{} (tls)", text_at(device, "server"), port));
    if (const auto url = text_at(device, "websocket_url"); !url.empty()) line("Browser", url);
    const auto qr = text_at(device, "qr_text");
    if (!no_qr && !qr.empty()) context.out() << qr_code(qr, terminal.colour());
  }
  if (array_at(value, "devices").empty())
    context.out() << fmt::format("Extension {} has no device yet: parley extensions add-device {} NAME\n", number,
                                 number);
}

void add_fields(CLI::App& command, Wanted& wanted) {
  command.add_option("--name", wanted.name, "Name that others see");
  command.add_option("--email", wanted.email);
  command.add_option("--mobile", wanted.mobile);
  command.add_option("--site", wanted.site);
  command.add_option("--department", wanted.department);
  command.add_option("--caller-id", wanted.caller_id, "Number shown to others");
  command.add_option("--recording", wanted.recording, "Record its calls, after the notice to both parties")
      ->check(CLI::IsMember({"on", "off"}));
  command.add_option("--ring-timeout", wanted.ring_timeout_s, "Seconds until a call that nobody answers ends")
      ->type_name("SECONDS");
  command.add_option("--enabled", wanted.enabled, "May it register and call?")->type_name("true|false");
}

}  // namespace

void add_extensions(CLI::App& app, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  auto* group = app.add_subcommand("extensions", "Extensions: list, make, change, delete");
  group->require_subcommand(1);
  group->add_subcommand("list", "All extensions with their devices")->callback([&context] { list(context); });

  auto* make = group->add_subcommand("add", "Make an extension with one device");
  make->add_option("number", wanted->number, "Its number")->required();
  add_fields(*make, *wanted);
  make->footer("Example:\n  parley extensions add 104 --name 'Anna Weber' --recording on");
  make->callback([&context, wanted] { add(context, *wanted); });

  auto* change = group->add_subcommand("set", "Change an extension");
  change->add_option("number", wanted->number, "Its number")->required();
  add_fields(*change, *wanted);
  change->footer("Example:\n  parley extensions set 101 --recording on --ring-timeout 20");
  change->callback([&context, wanted] { set(context, *wanted); });

  auto* drop = group->add_subcommand("delete", "Delete an extension and its devices");
  drop->add_option("number", wanted->number, "Its number")->required();
  drop->add_flag("--yes,-y", wanted->yes, "Do not ask");
  drop->callback([&context, wanted] { remove(context, *wanted); });

  auto* device = group->add_subcommand("add-device", "Give an extension one more phone");
  device->add_option("number", wanted->number, "The extension")->required();
  device->add_option("name", wanted->device, "What to call the phone")->required();
  device->callback([&context, wanted] { add_device(context, *wanted); });

  auto number = std::make_shared<std::string>();
  auto no_qr = std::make_shared<bool>(false);
  auto* show = app.add_subcommand("phone", "What to type into a phone of an extension, as text and QR code");
  show->add_option("number", *number, "The extension")->required();
  show->add_flag("--no-qr", *no_qr, "Text alone");
  show->footer("Example:\n  parley phone 101");
  show->callback([&context, number, no_qr] { phone(context, *number, *no_qr); });
}

}  // namespace parley::cli

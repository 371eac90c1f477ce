#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <parley/commands.hpp>
#include <parley/table.hpp>

namespace parley::cli {

namespace {

struct NewOrganisation {
  std::string name;
  std::string domain;
  std::string zone = "UTC";
};

void list(Context& context) {
  const auto all = context.client().get_all("/v1/organisations", 10000);
  if (context.print_json(all)) return;
  Table table{{"NAME", "SIP DOMAIN", "TIME ZONE", "ID"}};
  for (const auto& one : all)
    table.add({text_at(one, "name"),
               text_at(one, "sip_domain"),
               text_at(one, "time_zone"),
               {text_at(one, "id"), Colour::Dim}});
  table.print(context.terminal());
}

void add(Context& context, const NewOrganisation& wanted) {
  const auto made = context.client().post(
      "/v1/organisations",
      json::object{{"name", wanted.name}, {"sip_domain", wanted.domain}, {"time_zone", wanted.zone}});
  if (context.print_json(made)) return;
  context.out() << fmt::format("Made {} ({}).\n", text_at(made, "name"), text_at(made, "id"));
}

}  // namespace

void add_organisations(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("organisations", "Organisations on this server");
  group->require_subcommand(1);
  group->add_subcommand("list", "All of them")->callback([&context] { list(context); });
  auto wanted = std::make_shared<NewOrganisation>();
  auto* make = group->add_subcommand("add", "Make one");
  make->add_option("name", wanted->name, "Its name")->required();
  make->add_option("--sip-domain", wanted->domain, "Domain that its phones register with")->required();
  make->add_option("--time-zone", wanted->zone, "IANA name")->capture_default_str();
  make->footer(
      "Example:\n  parley organisations add 'Weber & Sons' --sip-domain weber.example.org --time-zone Europe/Zurich");
  make->callback([&context, wanted] { add(context, *wanted); });
}

}  // namespace parley::cli

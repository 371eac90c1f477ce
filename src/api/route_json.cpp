#include <fmt/format.h>

#include <api/route_json.hpp>
#include <pbx/dial_pattern.hpp>

namespace parley::api {

namespace {
const Schema kDestination{
    "RouteDestination",
    {choice("kind", {"extension", "echo_test", "number", "trunk", "conference", "refuse"}).need(),
     text("number").between(0, 64).says("extension: its number; number: what is dialled instead, or none for what was "
                                        "dialled after strip and prepend"),
     texts("trunks").says("trunk: their names; the first that takes the call"),
     text("room").between(1, 64).says("conference: its name; routes with the same one lead into the same room"),
     integer("participants").between(2, store::ToConference::kMost).says("conference: how many it takes; none: 50"),
     choice("reason", {"busy", "forbidden", "not_found"}).says("refuse: what the caller is told")}};
}  // namespace

const Schema kRouteWrite{
    "RouteWrite",
    {text("name").need().between(1, 100),
     integer("order").between(0, 100'000).says("the lower is asked first; of the same the more specific pattern"),
     text("pattern").need().between(1, 256).says(
         "digits, *, #, +, X (0-9), Z (1-9), N (2-9), [1-5]; at the end . (one sign or more) or ! (any number)"),
     texts("callers").null().says("extension numbers that may use it; none: everybody"),
     integer("strip").between(0, 64).says("this many signs from the front of what was dialled"),
     text("prepend").between(0, 32).says("then this before it"), object("destination", kDestination).need(),
     truth("enabled")}};

namespace {
json::object destination_fields(const store::RouteDestination& destination) {
  struct Form {
    json::object operator()(const store::ToExtension& to) const {
      return {{"kind", "extension"}, {"number", to.number}};
    }
    json::object operator()(const store::ToEchoTest&) const { return {{"kind", "echo_test"}}; }
    json::object operator()(const store::ToNumber& to) const {
      if (to.number.empty()) return {{"kind", "number"}};
      return {{"kind", "number"}, {"number", to.number}};
    }
    json::object operator()(const store::ToTrunks& to) const {
      return {{"kind", "trunk"}, {"trunks", json::array(to.names.begin(), to.names.end())}};
    }
    json::object operator()(const store::ToConference& to) const {
      return {{"kind", "conference"}, {"room", to.room}, {"participants", to.participants}};
    }
    json::object operator()(const store::ToRefusal& to) const {
      return {{"kind", "refuse"}, {"reason", store::to_string(to.reason)}};
    }
  };
  return std::visit(Form{}, destination);
}

std::string text_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Notes what is wrong below one prefix.
struct Faults {
  const std::string& prefix;
  std::vector<Fault>& all;
  void add(std::string_view member, std::string what, std::string remedy) const {
    all.push_back({Problem::InvalidValue, fmt::format("{}{}", prefix, member), std::move(what), std::move(remedy)});
  }
};

std::string existing(const std::set<std::string>& numbers) {
  std::string out;
  for (const auto& number : numbers) {
    if (out.size() > 100) return "there are: " + out + ", …";
    out += (out.empty() ? "" : ", ") + number;
  }
  return out.empty() ? "make the extension first" : "there are: " + out;
}

void take_destination(const json::object& form, store::Route& route, const std::set<std::string>& numbers,
                      const std::set<std::string>& trunks, const Faults& faults) {
  const auto kind = text_of(form, "kind"), number = text_of(form, "number"), reason = text_of(form, "reason");
  const auto needless = [&](std::string_view member, const std::string& value) {
    if (!value.empty())
      faults.add(fmt::format("destination.{}", member), fmt::format("says nothing with kind {}", kind), "leave it out");
  };
  for (const auto& [member, of] :
       {std::pair("trunks", "trunk"), {"room", "conference"}, {"participants", "conference"}})
    if (kind != of && form.contains(member))
      faults.add(fmt::format("destination.{}", member), fmt::format("says nothing with kind {}", kind), "leave it out");
  if (kind == "extension") {
    needless("reason", reason);
    if (number.empty()) {
      faults.add("destination.number", "is missing", "write the extension's number");
    } else if (!numbers.contains(number)) {
      faults.add("destination.number", fmt::format("there is no extension {}", number), existing(numbers));
    }
    route.destination = store::ToExtension{number};
  } else if (kind == "echo_test") {
    needless("number", number);
    needless("reason", reason);
    route.destination = store::ToEchoTest{};
  } else if (kind == "number") {
    needless("reason", reason);
    if (!number.empty() && !pbx::is_dialled_number(number))
      faults.add("destination.number", "is no number to dial", "write digits, *, # and +");
    route.destination = store::ToNumber{number};
  } else if (kind == "trunk") {
    needless("number", number);
    needless("reason", reason);
    store::ToTrunks to;
    if (const auto* list = form.if_contains("trunks"); list != nullptr && list->is_array())
      for (const auto& one : list->get_array()) to.names.emplace_back(one.get_string());
    if (to.names.empty()) faults.add("destination.trunks", "is missing", "write the names of one trunk or more");
    for (std::size_t i = 0; i < to.names.size(); ++i)
      if (!trunks.contains(to.names[i]))
        faults.add(fmt::format("destination.trunks[{}]", i), fmt::format("there is no trunk {}", to.names[i]),
                   "make the trunk first");
    route.destination = std::move(to);
  } else if (kind == "conference") {
    needless("number", number);
    needless("reason", reason);
    store::ToConference to{text_of(form, "room"), store::ToConference::kUsual};
    if (to.room.empty()) faults.add("destination.room", "is missing", "write a name for the room");
    if (const auto* most = form.if_contains("participants"); most != nullptr && most->is_int64())
      to.participants = static_cast<unsigned>(most->get_int64());
    route.destination = std::move(to);
  } else if (kind == "refuse") {
    needless("number", number);
    if (const auto why = store::refusal_reason_of(reason)) {
      route.destination = store::ToRefusal{*why};
    } else {
      faults.add("destination.reason", "is missing", "write one of busy, forbidden, not_found");
    }
  } else {
    faults.add("destination.kind", "is missing",
               "write one of extension, echo_test, number, trunk, conference, refuse");
  }
}

void check_transformation(const store::Route& route, std::size_t shortest, const Faults& faults) {
  const bool transforms = route.strip > 0 || !route.prepend.empty();
  if (!route.prepend.empty() && !pbx::is_dialled_number(route.prepend))
    faults.add("prepend", "holds what cannot be dialled", "write digits, *, # and +");
  const auto* to = std::get_if<store::ToNumber>(&route.destination);
  const bool by_trunk = std::holds_alternative<store::ToTrunks>(route.destination);
  if (!by_trunk && (to == nullptr || !to->number.empty())) {
    if (transforms)
      faults.add(route.strip > 0 ? "strip" : "prepend", "changes nothing with this destination",
                 "leave it out, or write {kind: number} without a number as destination");
  } else if (route.strip > shortest || (route.strip == shortest && route.prepend.empty())) {
    faults.add("strip",
               fmt::format("leaves nothing of the shortest number that the pattern means ({} signs)", shortest),
               "strip less, or make the pattern longer");
  } else if (!transforms && !by_trunk) {
    faults.add("destination", "is the number itself: the route would lead to itself",
               "write a number, or say what to strip or prepend");
  }
}
}  // namespace

json::object route_fields(const store::Route& route) {
  return {{"name", route.name},
          {"order", route.order},
          {"pattern", route.pattern},
          {"callers", json::array(route.callers.begin(), route.callers.end())},
          {"strip", route.strip},
          {"prepend", route.prepend},
          {"destination", destination_fields(route.destination)},
          {"enabled", route.enabled}};
}

void take_route(const json::object& body, store::Route& route, const std::set<std::string>& numbers,
                const std::set<std::string>& trunks, const std::string& prefix, std::vector<Fault>& faults) {
  const Faults here{prefix, faults};
  const auto before = faults.size();
  if (body.contains("name")) route.name = text_of(body, "name");
  if (body.contains("pattern")) route.pattern = text_of(body, "pattern");
  if (body.contains("prepend")) route.prepend = text_of(body, "prepend");
  if (const auto* value = body.if_contains("order")) route.order = static_cast<int>(value->get_int64());
  if (const auto* value = body.if_contains("strip")) route.strip = static_cast<unsigned>(value->get_int64());
  if (const auto* value = body.if_contains("enabled")) route.enabled = value->get_bool();
  if (const auto* value = body.if_contains("callers")) {
    route.callers.clear();
    if (value->is_array())
      for (const auto& one : value->get_array()) route.callers.emplace_back(one.get_string());
    for (std::size_t i = 0; i < route.callers.size(); ++i)
      if (!numbers.contains(route.callers[i]))
        here.add(fmt::format("callers[{}]", i), fmt::format("there is no extension {}", route.callers[i]),
                 existing(numbers));
  }
  if (const auto* value = body.if_contains("destination"))
    take_destination(value->get_object(), route, numbers, trunks, here);
  const auto pattern = pbx::DialPattern::compile(route.pattern);
  if (!pattern) {
    here.add("pattern", fmt::format("is wrong at its sign {}: {}", pattern.error().offset + 1, pattern.error().what),
             pattern.error().remedy);
  } else if (faults.size() == before) {
    check_transformation(route, pattern->shortest(), here);
  }
}

}  // namespace parley::api

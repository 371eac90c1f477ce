#include <pbx/refer.hpp>
#include <sip/dialog_headers.hpp>

namespace parley::pbx {

std::optional<DialogName> read_replaces(std::string_view text) {
  const auto parsed = sip::parse_replaces(text);
  if (!parsed) return std::nullopt;
  return DialogName{std::string(parsed->call_id), std::string(parsed->to_tag), std::string(parsed->from_tag),
                    parsed->early_only};
}

std::optional<DialogName> read_join(std::string_view text) {
  const auto parsed = sip::parse_join(text);
  if (!parsed) return std::nullopt;
  return DialogName{std::string(parsed->call_id), std::string(parsed->to_tag), std::string(parsed->from_tag)};
}

std::expected<ReferOrder, unsigned> read_refer(const sip::Message& refer) {
  std::size_t count = 0;
  refer.each_element(sip::Header::ReferTo, [&](std::string_view) { ++count; });
  if (count != 1) return std::unexpected(400U);  // RFC 3515 §2.4.2
  const auto parsed = sip::parse_refer_to(refer.value(sip::Header::ReferTo).value_or(""));
  if (!parsed) return std::unexpected(400U);
  const auto& uri = parsed->target.uri;
  if (!uri.is_sip() && uri.scheme != sip::Scheme::Tel) return std::unexpected(416U);
  if (parsed->method != sip::Method::Invite) return std::unexpected(403U);
  ReferOrder order;
  order.target = uri.text.substr(0, uri.text.find('?'));
  if (const auto replaces = sip::uri_header(uri, "Replaces")) {
    order.replaces = read_replaces(*replaces);
    if (!order.replaces) return std::unexpected(400U);
  }
  if (const auto sub = refer.value(sip::Header::ReferSub)) {
    const auto wanted = sip::parse_refer_sub(*sub);
    order.reports = !wanted || *wanted;
  }
  if (const auto by = refer.value(sip::Header::ReferredBy); by && sip::parse_referred_by(*by)) order.referred_by = *by;
  return order;
}

struct ReferReport::State {
  CallLeg* leg = nullptr;
  bool reports = true, running = false, over = false;
  std::optional<std::uint32_t> id;
  std::optional<unsigned> next;
  bool next_is_last = false;
};

ReferReport::ReferReport(CallLeg& leg, bool reports, std::optional<std::uint32_t> id)
    : state_(std::make_shared<State>()) {
  state_->leg = &leg;
  state_->reports = reports;
  state_->id = id;
}

void ReferReport::progress(unsigned status) {
  if (state_->next_is_last || state_->over) return;
  state_->next = status;
  send(state_);
}

void ReferReport::end(unsigned status) {
  if (state_->next_is_last || state_->over) return;
  state_->next = status;
  state_->next_is_last = true;
  send(state_);
}

void ReferReport::send(const std::shared_ptr<State>& state) {
  if (!state->reports || state->running || state->over || !state->next || state->leg->is_over()) return;
  const auto status = *std::exchange(state->next, std::nullopt);
  const bool last = state->next_is_last;
  std::vector<HeaderText> lines;
  lines.emplace_back("Event", state->id ? "refer;id=" + std::to_string(*state->id) : "refer");
  lines.emplace_back("Subscription-State", last ? "terminated;reason=noresource" : "active;expires=180");
  const auto frag = "SIP/2.0 " + std::to_string(status) + " " + std::string(sip::reason_phrase_of(status)) + "\r\n";
  const auto sent = state->leg->request(sip::Method::Notify, lines, "message/sipfrag;version=2.0", frag,
                                        [state](unsigned answer, const std::string&) {
                                          state->running = false;
                                          if (answer >= 300) state->over = true;  // it does not want to know
                                          send(state);
                                        });
  state->running = sent.has_value();
  state->over = last || !sent;
}

}  // namespace parley::pbx

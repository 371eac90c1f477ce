#include <algorithm>
#include <iterator>
#include <utility>

#include <ice/lite_agent.hpp>

namespace parley::ice {
namespace {

using State = LiteAgent::State;
using Input = LiteAgent::Input;
using Action = LiteAgent::Action;

constexpr std::uint16_t kUnderstood[] = {kUsername, kPriority, kUseCandidate, kXorMappedAddress};
constexpr std::size_t kMaxUnknown = 8;

}  // namespace

constexpr std::array<LiteAgent::Transition, 13> LiteAgent::kTable{{
    {State::Unknown, Input::Check, State::Valid, Action::Answer},
    {State::Unknown, Input::Nominate, State::Selected, Action::AnswerAndSelect},
    {State::Valid, Input::Check, State::Valid, Action::Answer},
    {State::Valid, Input::Nominate, State::Selected, Action::AnswerAndSelect},
    {State::Valid, Input::Silence, State::Unknown, Action::Forget},
    {State::Valid, Input::Restart, State::Unknown, Action::Forget},
    {State::Selected, Input::Check, State::Selected, Action::Answer},
    {State::Selected, Input::Nominate, State::Selected, Action::AnswerAndSelect},
    {State::Selected, Input::Other, State::Valid, Action::None},
    {State::Selected, Input::Silence, State::Lost, Action::Stop},
    {State::Lost, Input::Restart, State::Unknown, Action::Forget},
    // Listed for the reader: the same credentials do not bring a lost path back (RFC 7675 §5.2).
    {State::Lost, Input::Check, State::Lost, Action::Ignore},
    {State::Lost, Input::Nominate, State::Lost, Action::Ignore},
}};

LiteAgent::Transition LiteAgent::next(State state, Input input) noexcept {
  const auto at =
      std::ranges::find_if(kTable, [&](const Transition& t) { return t.from == state && t.input == input; });
  return at != kTable.end() ? *at : Transition{state, input, state, Action::None};
}

LiteAgent::Action LiteAgent::apply(Path& path, Input input) noexcept {
  const auto transition = next(path.state, input);
  path.state = transition.to;
  return transition.action;
}

void LiteAgent::set_remote(Credentials remote) {
  std::erase_if(paths_, [&](const Path& path) { return path.ufrag != remote.ufrag; });
  remote_ = std::move(remote);
}

void LiteAgent::restart(Credentials local, Credentials remote) {
  for (auto& path : paths_) (void)apply(path, Input::Restart);
  std::erase_if(paths_, [](const Path& path) { return path.state == State::Unknown; });
  old_local_ = std::exchange(local_, std::move(local));
  remote_ = std::move(remote);
}

/// Whose password the message was made with; nullptr: nobody's.
const Credentials* LiteAgent::proven_by(const StunMessage& message, const Endpoint& from,
                                        std::string_view& remote_ufrag) const {
  const auto username = message.text(kUsername);
  const auto colon = username.find(':');
  if (colon == std::string_view::npos || !message.has_integrity()) return nullptr;
  const auto ours = username.substr(0, colon);
  remote_ufrag = username.substr(colon + 1);
  if (ours == local_.ufrag && (!remote_ || remote_->ufrag == remote_ufrag))
    return message.proves(local_.password) ? &local_ : nullptr;
  if (old_local_ && ours == old_local_->ufrag && selected() == from)
    return message.proves(old_local_->password) ? &*old_local_ : nullptr;
  return nullptr;
}

LiteAgent::Path& LiteAgent::path_to(const Endpoint& remote) {
  const auto found = std::ranges::find(paths_, remote, &Path::remote);
  if (found != paths_.end()) return *found;
  if (paths_.size() < kMaxPaths) return paths_.emplace_back(Path{remote, {}, State::Unknown, {}});
  // The selected one is never given up for another; of the rest the one unheard of longest.
  const auto oldest = std::ranges::min_element(
      paths_, {}, [](const Path& path) { return std::pair(path.state == State::Selected, path.heard); });
  return *oldest = Path{remote, {}, State::Unknown, {}};
}

LiteAgent::Reaction LiteAgent::refuse(const StunMessage& request, unsigned code, std::string_view reason,
                                      std::span<const std::uint16_t> unknown, const Credentials& by) {
  out_.emplace(kBindingError, request.id()).error(code, reason);
  if (!unknown.empty()) out_->unknown(unknown);
  return {Verdict::Refused, out_->integrity(by.password).fingerprint().bytes()};
}

LiteAgent::Reaction LiteAgent::on_datagram(BytesView datagram, const Endpoint& from, TimePoint now) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->fingerprint() != true) return {Verdict::Malformed};  // RFC 8445 §7.3: FINGERPRINT is a must
  if (message->type() != kBindingRequest) return {Verdict::NotForUs};
  std::string_view remote_ufrag;
  const auto* const by = proven_by(*message, from, remote_ufrag);
  if (by == nullptr) return {Verdict::Unproven};

  std::array<std::uint16_t, kMaxUnknown> unknown;
  std::size_t unknowns = 0;
  for (const auto& attribute : message->attributes())
    if (attribute.type < kFirstOptional && unknowns < unknown.size() &&
        std::ranges::find(kUnderstood, attribute.type) == std::end(kUnderstood))
      unknown[unknowns++] = attribute.type;
  if (unknowns != 0) return refuse(*message, 420, "Unknown Attribute", std::span(unknown).first(unknowns), *by);
  if (message->find(kIceControlled) != nullptr) return refuse(*message, 487, "Role Conflict", {}, *by);
  const auto* const priority = message->find(kPriority);
  if (priority == nullptr || priority->value.size() != 4) return refuse(*message, 400, "Bad Request", {}, *by);

  const auto before = selected();
  auto& path = path_to(from);
  const auto action = apply(path, message->find(kUseCandidate) != nullptr ? Input::Nominate : Input::Check);
  if (action == Action::Ignore) return {Verdict::AfterConsent};
  path.heard = now;
  path.ufrag = remote_ufrag;
  if (action == Action::AnswerAndSelect) {
    for (auto& other : paths_)
      if (&other != &path) (void)apply(other, Input::Other);
    if (by == &local_) old_local_.reset();
  }
  out_.emplace(kBindingResponse, message->id());
  return {Verdict::Answered, out_->xor_address(from).integrity(by->password).fingerprint().bytes(),
          selected() != before};
}

bool LiteAgent::on_time(TimePoint now) {
  const auto before = selected();
  for (auto& path : paths_)
    if (now - path.heard >= kConsent) (void)apply(path, Input::Silence);
  std::erase_if(paths_, [](const Path& path) { return path.state == State::Unknown; });
  return selected() != before;
}

std::optional<Endpoint> LiteAgent::selected() const noexcept {
  const auto found = std::ranges::find(paths_, State::Selected, &Path::state);
  return found == paths_.end() ? std::nullopt : std::optional(found->remote);
}

bool LiteAgent::takes_from(const Endpoint& source) const noexcept {
  return std::ranges::any_of(paths_, [&](const Path& path) {
    return path.remote == source && (path.state == State::Valid || path.state == State::Selected);
  });
}

std::string_view to_string(LiteAgent::State state) noexcept {
  constexpr std::string_view kNames[] = {"unknown", "valid", "selected", "lost"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace parley::ice

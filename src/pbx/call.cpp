#include <algorithm>
#include <array>

#include <base/log.hpp>
#include <base/metrics.hpp>
#include <media/prompt.hpp>
#include <pbx/call.hpp>
#include <pbx/call_events.hpp>
#include <pbx/caller_identity.hpp>
#include <pbx/trunk_calls.hpp>

namespace parley::pbx {
namespace {

constexpr auto kCloseWithin =
    std::chrono::seconds(5);  // for figures and the recording's end; then the CDR goes without
constexpr auto kQuietWithin = std::chrono::seconds(40);  // for what the wire still owes (64*T1 and a little)

/// Made once: a look-up by labels costs more than what it counts.
metrics::Counter& ended_counter(store::Disposition disposition) {
  static const auto made = [] {
    std::array<metrics::Counter*, 7> all{};
    for (std::size_t i = 1; i < all.size(); ++i)
      all[i] = &metrics::counter("parley_calls_total", "Calls by disposition",
                                 {{"disposition", store::to_string(static_cast<store::Disposition>(i))}});
    return all;
  }();
  return *made.at(static_cast<std::size_t>(disposition));
}

}  // namespace

Call::Call(Core& core, Identity caller, std::function<void(CallId)> on_done)
    : core_(core),
      identity_(std::move(caller)),
      on_done_(std::move(on_done)),
      id_(CallId::make(core.shared().clock, core.shared().random)),
      story_(id_, identity_.organisation->id, core.reactor().now(), core.reactor().wall()),
      recording_(core, *this) {}

Call::~Call() {
  clear_dialogs();
  for (const auto& timer :
       {invitation_timer_, ring_timer_, length_timer_, close_timer_, quiet_timer_, retire_timer_, silence_timer_})
    core_.reactor().cancel(timer);
  if (admitted_ && !handed_over_) core_.shared().live.closed();
}

bool Call::enter(CallInput input) {
  const auto to = next(state_, input);
  if (!to) return false;
  state_ = *to;
  return true;
}

void Call::show(const std::function<void(LiveCall&)>& change) {
  change(view_);
  core_.shared().live.update(id_, change);
}

void Call::tell(std::string_view event, bool durable, const std::string& reason) {
  auto& shared = core_.shared();
  const auto wall = core_.reactor().wall();
  auto envelope = reason.empty() ? call_event(event, view_, wall, shared.clock, shared.random)
                                 : call_event(event, view_, wall, shared.clock, shared.random, {{"reason", reason}});
  shared.ledger.publish(std::move(envelope), durable);
}

void Call::write_leg(const CallLeg& leg, const std::string& party, const DirectoryExtension* extension,
                     std::optional<DeviceId> device) {
  store::CallLegRecord row;
  row.id = LegId::make(core_.shared().clock, core_.shared().random);
  row.party = party;
  if (extension) row.extension = extension->id;
  row.device = device;
  row.remote_ip = leg.flow().remote.address.text();
  row.sip_call_id = leg.sip_call_id();
  const auto id = row.id;
  core_.shared().trace.belongs(row.sip_call_id, identity_.organisation->id, id_);
  entry_of(leg) = {.leg = &leg, .id = story_.leg(std::move(row), now()) ? id : LegId{}, .extension = extension};
}

const Call::Entry* Call::find_entry(const CallLeg& leg) const {
  const auto found = std::ranges::find(legs_, &leg, &Entry::leg);
  return found == legs_.end() ? nullptr : &*found;
}

Call::Entry& Call::entry_of(const CallLeg& leg) {
  const auto found = std::ranges::find(legs_, &leg, &Entry::leg);
  return found == legs_.end() ? legs_.emplace_back(&leg) : *found;
}

LegId Call::id_of(const CallLeg& leg) const {
  const auto* entry = find_entry(leg);
  return entry ? entry->id : LegId{};
}

/// What others may see of a party: nothing, if it asked for that (RFC 3323 §4.1).
Shown Call::shown_of(const CallLeg& leg) const {
  const auto* entry = find_entry(leg);
  if (!entry || entry->anonymous || leg.hidden()) return nobody();
  if (entry->outside && !entry->outside->number.empty()) return *entry->outside;
  return entry->extension ? shown_as(*entry->extension, entry->by_number) : nobody();
}

const DirectoryExtension* Call::extension_of(const CallLeg& leg) const {
  const auto* entry = find_entry(leg);
  return entry ? entry->extension : nullptr;
}

// ---- beginning ----

void Call::start(sip::ServerId request, const sip::Message& invite) {
  const auto dialled = identity_.trunk ? number_called(*identity_.trunk, invite) : dialled_number(invite.request_uri());
  introduce(invite, dialled);

  caller_ = std::make_unique<CallLeg>(core_, *this, sip::response_flow(invite));
  caller_->receive(request, invite, dialled);
  near_ = caller_.get();
  near_extension_ = identity_.extension;
  caller_offer_ = invite.sdp();
  passed_ = passed_on(invite, caller_class(), PeerClass::Device);

  auto to = identity_.trunk ? route_from_trunk(*identity_.trunk, dialled) : route(identity_, invite.request_uri());
  if (to.emergency) begin_emergency(to);
  switch (core_.shared().live.admit(view_, core_.reactor().number(), to.emergency)) {
    case LiveCalls::Admission::Admitted: admitted_ = true; break;
    case LiveCalls::Admission::TooManyOfExtension: return refuse(486, "too many calls of this extension");
    case LiveCalls::Admission::TooManyCalls: return refuse(503, "too many calls", "Retry-After: 10");
    case LiveCalls::Admission::Draining: return refuse(503, "shutting down", "Retry-After: 30");
  }
  write_leg(*caller_, "caller", identity_.extension,
            identity_.device ? std::optional(identity_.device->id) : std::nullopt);
  if (identity_.trunk)
    entry_of(*caller_).outside =
        std::make_unique<Shown>(view_.caller.number, view_.caller.name, identity_.organisation->sip_domain);
  if (const auto status = read_wishes(invite); status != 0) return refuse(status, "asks for what cannot be given");
  on_state(*caller_);
  length_timer_ =
      core_.reactor().after(core_.shared().options.longest_call, [this] { hang_up("longest call length reached"); });
  story_.step("called " + dialled, now());

  if (const auto least = caller_->too_small_interval(invite))
    return refuse(422, "session interval too small", "Min-SE: " + std::to_string(least->count()));
  if (!invite.body().empty() && caller_offer_.empty()) return refuse(415, "unknown body", "Accept: application/sdp");
  if (!caller_offer_.empty() && !LegMedia::usable(caller_offer_)) return refuse(488, "no usable audio offered");
  if (!caller_->open_media()) return refuse(503, "no media port left", "Retry-After: 10");

  if (invite.has(sip::Header::Join)) return refuse(invite.has(sip::Header::Replaces) ? 400 : 488, "join is not served");
  if (const auto replaces = invite.value(sip::Header::Replaces)) {
    if (identity_.trunk) return refuse(403, "a carrier takes no call over");
    const auto name = read_replaces(*replaces);
    return name ? replace(*name) : refuse(400, "broken Replaces");
  }
  if (identity_.trunk) {
    const auto& trunk = identity_.trunk->settings;
    auto channel = core_.shared().trunks.take_channel(trunk.id, static_cast<unsigned>(trunk.channels));
    if (!channel) return refuse(486, "all channels of the trunk are in use");
    caller_->hold(std::move(channel));
  }
  for (const auto& step : to.path) story_.step(step, now());
  const auto hops = invite.max_forwards().value_or(70);
  hops_ = hops > 0 ? hops - 1 : 0;
  switch (to.kind) {
    case Route::Kind::Refuse: return refuse(to.status, to.cause);
    case Route::Kind::EchoTest: return start_echo_test();
    case Route::Kind::Extension: return ring(*to.extension);
    case Route::Kind::Pickup: return pick_up(*to.extension);
    case Route::Kind::Trunk: return ring_trunks(std::move(to));
  }
}

void Call::ring(const DirectoryExtension& callee) {
  called_ = &callee;
  story_.callee({callee.number, callee.display_name, callee.id});
  show([&](LiveCall& view) {
    view.callee.number = callee.number;
    view.callee.name = callee.display_name;
  });
  auto& shared = core_.shared();
  if (shared.locations.places(callee.id, now()).empty()) return not_reached(480, "no registered device");
  if (!shared.live.admit_callee(id_, callee.id, !emergency_.empty()))
    return refuse(486, "too many calls of this extension");
  view_.callee.extension = callee.id;

  enter(CallInput::Forked);
  if (ring_devices(callee) == 0) return not_reached(480, "no device could be reached");
  ring_timer_ = core_.reactor().after(std::min(callee.ring_timeout, shared.options.max_ring_time), [this] {
    story_.step("no answer", now());
    not_reached(480, "no answer");
  });
  tell("call.ringing");
}

/// Another flow to the same phone, if this one leads nowhere (RFC 5626 §7.1).
bool Call::ring_other_flow(const CallLeg& leg, unsigned status) {
  auto place = forking_.take_flow(leg);
  const auto* callee = extension_of(leg);
  if (!place || !callee || (status != 430 && status != 503 && status != 408)) return false;
  if (status == 430) core_.forget_flow(place->binding);
  if (place->others.empty()) return false;
  const auto next = std::move(*place).next();
  return ring_devices(*callee, &next) > 0;
}

/// All devices of the extension, or that one place.
std::size_t Call::ring_devices(const DirectoryExtension& callee, const LocationTable::Place* only) {
  if (!only) rung_.push_back(&callee);
  const std::function<std::optional<std::string>(CallLeg&)> offer = [this](CallLeg& leg) {
    const auto address = leg.own_address();
    return caller_offer_.empty() ? std::optional(leg.media().offer_of_ours(address))
                                 : leg.media().relayed_offer(caller_offer_, address);
  };
  const std::function<void(CallLeg&, const Binding&)> rings = [this, &callee](CallLeg& leg, const Binding& binding) {
    write_leg(leg, "callee", &callee, binding.device);
    on_state(leg);
  };
  const std::function<std::vector<HeaderText>(const Binding&)> history = [this, &callee](const Binding& binding) {
    return history_for(callee, binding);
  };
  const RingOrder order{callee, shown_of(*caller_), hops_, passed_, history, offer, rings};
  return only ? std::size_t{forking_.ring(core_, *this, order, *only)} : forking_.ring(core_, *this, order);
}

void Call::on_progress(CallLeg& leg, const LegProgressReport& report) {
  on_trying(leg);
  if (transfer_ && transfer_->owns(leg)) return transfer_->on_progress(report);
  if (state_ != CallState::Ringing) return;
  introduce_ringing(leg);
  const auto status = report.status == 180 || report.status == 183 ? report.status : 180U;
  const bool described = caller_->provisional().described;
  // Early media: the first device that sends some is heard until somebody answers.
  if (!report.sdp.empty() && (!early_ || early_ == &leg) &&
      leg.media().agree(report.sdp, true, leg.flow().remote.address)) {
    if (caller_offer_.empty() || described) {  // the caller has our description for good, or gets an offer of ours
      early_ = &leg;
      if (caller_->media().agreed()) core_.shared().media.bridge(caller_->media().handle(), leg.media().handle());
    } else if (!caller_offer_.empty()) {
      const auto text = caller_->media().relayed_answer(report.sdp, caller_offer_, caller_->own_address());
      if (text && caller_->media().agree(caller_offer_, false, caller_->flow().remote.address)) {
        early_ = &leg;
        core_.shared().media.bridge(caller_->media().handle(), leg.media().handle());
        return caller_->progress(status == 180 ? 180 : 183, *text, report.reliable);
      }
    }
  }
  if (caller_offer_.empty() && !described && caller_->provisional().supported &&
      (caller_->provisional().required || !report.sdp.empty())) {
    // The first reliable response to an INVITE without offer carries ours (RFC 3262 §5).
    return caller_->progress(status, caller_->media().offer_of_ours(caller_->own_address()), true);
  }
  caller_->progress(report.status == 183 && report.sdp.empty() ? 183 : 180, {}, report.reliable);
}

void Call::on_early_answer(CallLeg& leg, const std::string& sdp) {
  if (&leg != caller_.get() || ended()) return;
  if (!caller_->media().agree(sdp, true, caller_->flow().remote.address)) return hang_up("no common codec", 488);
  if (early_) core_.shared().media.bridge(caller_->media().handle(), early_->media().handle());
}

// ---- answer ----

void Call::on_answer(CallLeg& leg, const std::string& sdp) {
  if (transfer_ && transfer_->owns(leg)) return transfer_->on_answer(leg, sdp);
  if (state_ != CallState::Ringing) return leg.hang_up(480, kCompletedElsewhere);
  const bool described = caller_->provisional().described;  // then nothing is left to say
  std::optional<std::string> text{std::in_place};
  bool fits = leg.media().agree(sdp, true, leg.flow().remote.address).has_value();
  if (fits && !described) {
    text = caller_offer_.empty() ? caller_->media().relayed_offer(sdp, caller_->own_address())
                                 : caller_->media().relayed_answer(sdp, caller_offer_, caller_->own_address());
    fits =
        text && (caller_offer_.empty() || caller_->media().agree(caller_offer_, false, caller_->flow().remote.address));
  }
  if (!fits) {
    leg.hang_up(488);
    return on_refused(leg, 488, nullptr);
  }
  for (const auto& timer : {invitation_timer_, ring_timer_}) core_.reactor().cancel(timer);
  way_out_.reset();
  called_ = extension_of(leg);
  if (early_) core_.shared().media.unbridge(caller_->media().handle());
  forking_.cancel_others(&leg, kCompletedElsewhere);
  for (const auto& fork : forking_.legs())
    if (fork.get() != &leg) story_.leg_ended(id_of(*fork), "completed elsewhere", now());
  answered_by(leg);
  caller_->answer(*text);
}

void Call::answered_by(CallLeg& leg) {
  callee_ = &leg;
  enter(CallInput::CalleeAnswered);
  introduce_parties();
  story_.answered(now());
  story_.leg_answered(id_of(*caller_), now());
  story_.leg_answered(id_of(*callee_), now());
  story_.leg_codec(id_of(*callee_), callee_->media().codec());
  story_.step("answered by " + (called_ ? called_->number : std::string("another party")), now());
  show([&](LiveCall& view) {
    view.state = LiveState::Answered;
    view.answered = story_.record().answered;
  });
  make_bridge();
  tell("call.answered");
  if (!emergency_.empty()) tell_emergency("emergency.answered");
  // Unrecorded parties hear each other from the first word on; recorded ones hear the notice first (PBX-4).
  if (!opted_in() && caller_->media().agreed()) bridge_->connect();
}

void Call::make_bridge() {
  bridge_.emplace(core_, *near_, *callee_, [this](bool held) { hold_changed(held); });
  for (auto* leg : {near_, callee_}) on_state(*leg);  // each now knows who the other is
}

void Call::on_acknowledged(CallLeg& leg, const std::string& sdp) {
  if (state_ != CallState::Accepting || &leg != caller_.get()) {
    if (bridge_ && is_party(leg)) bridge_->on_acknowledged(leg, sdp);
    return;
  }
  if (!caller_->media().agreed()) {  // our offer in the 2xx, the answer comes in the ACK
    if (!caller_->media().agree(sdp, true, caller_->flow().remote.address)) return hang_up("no common codec", 488);
  }
  caller_ready();
}

void Call::caller_ready() {
  enter(CallInput::CallerReady);
  // Nobody else will ring with it.
  std::vector<HeaderText>().swap(passed_);
  std::vector<const DirectoryExtension*>().swap(rung_);
  std::string().swap(caller_offer_);
  if (place_) return go_to_place();
  story_.leg_codec(id_of(*caller_), caller_->media().codec());
  caller_is_ready_.resolve(true);
  if (!callee_) return;  // a call app of ours
  if (replacing_) renegotiate(*callee_, *caller_, 8);
  if (const auto whose = opted_in()) return begin_recording(*whose);
  if (!bridge_->connected()) bridge_->connect();
}

std::optional<ExtensionId> Call::opted_in() const {
  for (const auto* extension : {near_extension_, called_})
    if (extension && extension->recording) return extension->id;
  return std::nullopt;
}

// ---- recording ----

std::shared_ptr<const media::Prompt> Call::notice() const {
  auto& prompts = core_.shared().prompts;
  if (!identity_.organisation->announcement_text.empty() || !identity_.organisation->announcement_path.empty()) {
    if (auto own = prompts.get("notice-" + identity_.organisation->id.text())) return *own;
    log::warning("recording.own_notice_missing", {{"organisation", identity_.organisation->id.text()}});
  }
  auto usual = prompts.get("recording_notice");
  return usual ? *usual : nullptr;
}

void Call::begin_recording(ExtensionId whose) {
  const auto prompt = notice();
  if (!prompt) {
    recording_.fail_before_notice("there is no recording notice to play");
    return join_parties();
  }
  enter(CallInput::NoticeBegins);
  (void)recording_.begin(*near_, *callee_, prompt, whose);
}

void Call::part_parties() {
  if (bridge_) bridge_->disconnect();
}

void Call::join_parties() {
  enter(CallInput::NoticeOver);
  if (!ended() && bridge_) bridge_->connect();
}

void Call::recording_changed(std::string_view event, const std::string& reason) {
  const auto status = recording_.status();
  story_.step(std::string(event), now());
  show([&](LiveCall& view) { view.recording = status; });
  if (event != "recording.notice") tell(event, true, reason);
}

Result<void> Call::control_recording(RecordingAction action) {
  switch (action) {
    case RecordingAction::Pause: return recording_.pause();
    case RecordingAction::Resume: return recording_.resume();
    case RecordingAction::Stop: return recording_.stop();
    case RecordingAction::Start: break;
  }
  if (state_ != CallState::Talking || !callee_)
    return fail(Errc::Conflict, "the call is not at a point where recording can start");
  if (recording_.status() == RecordingStatus::On || recording_.status() == RecordingStatus::Paused)
    return fail(Errc::Conflict, "the call is being recorded already");
  // PBX-4: opt-in is by extension; an order alone records nobody.
  const auto whose = opted_in();
  if (!whose) return fail(Errc::Forbidden, "neither extension of this call has recording switched on");
  if (!notice()) return fail(Errc::Unavailable, "there is no recording notice to play");
  begin_recording(*whose);
  return {};
}

void Call::on_digit(CallLeg& leg, char digit) {
  if (!callee_ || ended() || !is_party(leg)) return;
  const auto feature = (&leg == near_ ? caller_keys_ : callee_keys_).on_digit(digit, now());
  if (feature == Feature::ToggleRecordingPause) recording_.toggle_pause();
  if (feature == Feature::StopRecording) (void)recording_.stop();
}

// ---- echo test ----

void Call::start_echo_test() {
  story_.callee({std::string(kEchoTestNumber), "Echo test", {}});
  show([](LiveCall& view) { view.callee.name = "Echo test"; });
  const auto text = own_answer();
  if (!text) return refuse(488, "no usable audio offered");
  enter(CallInput::CalleeAnswered);
  story_.answered(now());
  story_.leg_answered(id_of(*caller_), now());
  story_.step("echo test", now());
  show([&](LiveCall& view) {
    view.state = LiveState::Answered;
    view.answered = story_.record().answered;
  });
  tell("call.answered");
  caller_->answer(*text);
  app_ = echo_test(*caller_);
}

CallApp Call::echo_test(CallLeg& leg) {
  co_await caller_is_ready_;
  if (const auto greeting = core_.shared().prompts.get("echo_test")) co_await play(core_, leg, *greeting);
  if (!ended()) core_.shared().media.echo(leg.media().handle());
}

// ---- in-dialog requests ----

void Call::on_offer(CallLeg& leg, sip::ServerId request, const std::string& sdp) {
  if (ended()) return leg.refuse_offer(request, 481);
  if (bridge_ && !is_party(leg)) return leg.refuse_offer(request, 488);  // it gave its place away
  if (bridge_) return bridge_->on_offer(leg, request, sdp);
  // A call app of ours answers for itself; so do we before anybody answered (RFC 3311 in an early dialog): the media is
  // anchored here, and what the two sides speak may differ.
  const auto address = leg.own_address();
  const auto text =
      sdp.empty() ? std::optional(leg.media().offer_of_ours(address)) : leg.media().answer_of_ours(sdp, address);
  if (!text) return leg.refuse_offer(request, 488);
  leg.answer_offer(request, *text);
  if (!sdp.empty()) (void)leg.media().agree(sdp, false, leg.flow().remote.address);
}

void Call::on_info(CallLeg& leg, sip::ServerId request, const sip::Message& info) {
  if (bridge_ && !is_party(leg)) return leg.respond(request, 200);
  const auto digit = digit_of_info(info.value(sip::Header::ContentType).value_or(""), info.body());
  if (bridge_) {
    bridge_->on_info(leg, request, info);
  } else {
    leg.respond(request, 200);
  }
  if (digit) on_digit(leg, *digit);
}

// ---- end ----

void Call::on_refused(CallLeg& leg, unsigned status, const sip::Message* response) {
  if (find_entry(leg)) story_.leg_ended(id_of(leg), "status " + std::to_string(status), now());
  if (transfer_ && transfer_->owns(leg)) return transfer_->on_refused(leg, status, response);
  if (state_ != CallState::Ringing) return release_when_quiet();
  if (way_out_ && way_out_->on_refused(leg, status, response)) return;
  if (!way_out_ && response && status >= 300 && status < 400 && follow(leg, *response)) return;
  if (ring_other_flow(leg, status)) return;
  const auto failure = forking_.refused(leg, status, response);
  if (!failure) return;
  if (way_out_) {
    const auto told = way_out_->told(failure->status);
    const bool same = told.status == failure->status;
    return refuse(told.status, told.cause, same ? failure->reason : std::string());
  }
  if (help_otherwise()) return;
  if (failure->status >= 300 && failure->status < 400) {
    // What could not be followed is passed on, if it is to a place in the caller's own organisation.
    const auto target = sip::parse_uri(failure->contact);
    const bool ours = target && target->is_sip() && identity_.directory->domain(target->host) == identity_.organisation;
    if (!ours) return refuse(480, "redirected to a place that policy forbids");
    return refuse(failure->status, "redirected", "Contact: <" + failure->contact + ">");
  }
  switch (failure->status) {
    case 486:
    case 600: return refuse(failure->status, "busy", failure->reason);
    case 603: return refuse(603, "declined", failure->reason);
    case 401:
    case 407:
    case 408:
    case 430:
    case 481:
    case 503: return refuse(480, "no device could be reached");
    default: return refuse(failure->status, "callee's device said " + std::to_string(failure->status), failure->reason);
  }
}

void Call::refuse(unsigned status, const std::string& cause, const std::string& header_line) {
  if (ended()) return;
  caller_->refuse(status, header_line);
  auto disposition = disposition_of_status(static_cast<int>(status));
  if (status == 404 || status == 484) disposition = store::Disposition::Failed;
  const bool by_callee = state_ == CallState::Ringing && (status == 486 || status == 603 || status == 600);
  finish({disposition, by_callee ? store::HangupSide::Callee : store::HangupSide::System, cause,
          static_cast<int>(status)});
}

void Call::on_cancelled(CallLeg&, const std::string& reason) {
  finish({store::Disposition::Cancelled, store::HangupSide::Caller, "cancelled by the caller", 487}, reason);
}

void Call::on_hangup(CallLeg& leg, const std::string& cause, const std::string& reason) {
  if (transfer_ && &leg == &transfer_->transferor()) return transferor_left(leg);
  if (!is_party(leg)) return release_when_quiet();  // it gave its place away
  const auto side = &leg == near_ ? store::HangupSide::Caller : store::HangupSide::Callee;
  finish({store::Disposition::Failed, cause == "normal clearing" ? side : store::HangupSide::System, cause, 200},
         reason);
}

void Call::hang_up(const std::string& cause, unsigned status) {
  if (ended()) return;
  const bool answered = story_.is_answered();
  caller_->hang_up(status);
  finish({store::Disposition::Failed, store::HangupSide::System, cause, answered ? 200 : static_cast<int>(status)});
}

void Call::finish(const CallEnd& end, std::string_view reason_line) {
  if (!enter(CallInput::End)) return;
  for (const auto& timer : {invitation_timer_, ring_timer_, length_timer_, retire_timer_, silence_timer_})
    core_.reactor().cancel(timer);
  give_place_back();
  recording_.call_ended();
  if (transfer_) {
    transfer_->give_up(reason_line);
    keep(transfer_->forking().release());
    old_transfers_.push_back(std::move(transfer_));
  }
  caller_->hang_up(480, reason_line);
  forking_.cancel_others(nullptr, reason_line);
  way_out_.reset();
  story_.ended(end, now());
  if (!emergency_.empty() && !story_.is_answered()) tell_emergency("emergency.failed", end.cause);
  if (!gone_to_place_) ended_counter(story_.record().disposition).add();
  collect_figures(*caller_);
  for (const auto& leg : forking_.legs()) collect_figures(*leg);
  core_.shared().live.remove(id_);
  close_timer_ = core_.reactor().after(kCloseWithin, [this] { close_story(); });
  if (figures_awaited_ == 0 && recording_.settled()) close_story();
}

void Call::collect_figures(CallLeg& leg) {
  if (!leg.media().handle()) return;
  ++figures_awaited_;
  leg.media().close([this, alive = std::weak_ptr<int>(alive_), leg_id = id_of(leg)](
                        media::LegHandle, const media::LegStatistics& figures) {
    if (!alive.lock()) return;
    story_.leg_figures(leg_id, figures);
    if (--figures_awaited_ == 0 && recording_.settled()) close_story();
  });
}

void Call::recording_settled() {
  if (ended() && figures_awaited_ == 0) close_story();
}

void Call::close_story() {
  if (std::exchange(story_closed_, true)) return;
  core_.reactor().cancel(close_timer_);
  quiet_timer_ = core_.reactor().after(kQuietWithin, [this] { on_done_(id_); });
  // Refused for load: no record, or load would make more load. Gone to another call: that one tells its story.
  if (!admitted_ || gone_to_place_) return handed_over();
  core_.shared().ledger.close_call(story_.record(), recording_.finished(), core_.poster(),
                                   [this, alive = std::weak_ptr<int>(alive_)](const Result<void>& done) {
                                     if (!done) log::error("cdr.lost", {{"reason", done.error().text}});
                                     if (alive.lock()) handed_over();
                                   });
}

void Call::handed_over() {
  handed_over_ = true;
  if (admitted_) core_.shared().live.closed();
  release_when_quiet();
}

void Call::release_when_quiet() {
  if (!handed_over_ || taking_ > 0 || !caller_->finished() || !forking_.finished()) return;
  on_done_(id_);
}

}  // namespace parley::pbx

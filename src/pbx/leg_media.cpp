#include <algorithm>
#include <array>
#include <memory>

#include <codec/format.hpp>
#include <pbx/leg_media.hpp>
#include <sdp/session.hpp>

namespace parley::pbx {
namespace {

std::optional<codec::CodecId> known(const sdp::Codec& codec) {
  return codec::codec_by_name(codec.name, codec.clock_rate);
}
bool passes(const sdp::Codec& codec) { return known(codec) || codec.is_telephone_event(); }

/// The one stream that we anchor: the first audio over plain RTP with a codec that the media engine knows.
const sdp::Media* anchored(const sdp::Session& session) {
  for (const auto& medium : session.media)
    if (medium.kind == sdp::MediaKind::Audio && !medium.rejected() && sdp::is_plain_rtp(medium.profile) &&
        std::ranges::any_of(medium.codecs(), [](const sdp::Codec& c) { return known(c).has_value(); }))
      return &medium;
  return nullptr;
}

/// A description and what stands in it; nullptr: unreadable. Each is looked at several times in a row, for both parties
/// and again with its answer, so that the last few are remembered.
using Read = std::shared_ptr<const sdp::Session>;
Read read_session(const std::string& text) {
  struct Page {
    std::string text;
    sdp::Session session;
  };
  static constexpr std::size_t kRemembered = 4;
  thread_local std::array<std::shared_ptr<const Page>, kRemembered> pages;
  thread_local std::size_t next = 0;
  const auto known = std::ranges::find_if(pages, [&](const auto& page) { return page && page->text == text; });
  if (known != pages.end()) return {*known, &(*known)->session};
  auto page = std::make_shared<Page>(text);
  auto session = sdp::parse_session(page->text);
  if (!session) return nullptr;
  page->session = std::move(*session);
  pages[next++ % kRemembered] = page;
  const auto* const found = &page->session;
  return {std::move(page), found};
}

sdp::Standing standing_in(const Read& session) {
  const auto* stream = session ? anchored(*session) : nullptr;
  if (!stream) return {};
  return {session.get(), static_cast<std::size_t>(stream - session->media.data())};
}

const std::vector<sdp::LocalCodec>& own_codecs() {
  static const std::vector<sdp::LocalCodec> codecs{{96, "opus", 48000, 2, "useinbandfec=1"},
                                                   {9, "G722", 8000, 1, ""},
                                                   {8, "PCMA", 8000, 1, ""},
                                                   {0, "PCMU", 8000, 1, ""},
                                                   {101, "telephone-event", 8000, 1, "0-15"}};
  return codecs;
}

media::Direction to_media(sdp::Direction direction) {
  switch (direction) {
    case sdp::Direction::SendRecv: return media::Direction::SendRecv;
    case sdp::Direction::SendOnly: return media::Direction::SendOnly;
    case sdp::Direction::RecvOnly: return media::Direction::RecvOnly;
    case sdp::Direction::Inactive: break;
  }
  return media::Direction::Inactive;
}

}  // namespace

LegMedia::LegMedia(MediaGate& gate, Random& random) : gate_(gate), origin_{random.next() >> 2U, 0} {}

LegMedia::LegMedia(MediaGate& gate, Moved moved)
    : gate_(gate),
      open_(moved.open),
      origin_(moved.origin),
      local_(std::move(moved.local)),
      remote_(std::move(moved.remote)),
      codec_(std::move(moved.codec)),
      holds_(moved.holds),
      speaks_(moved.speaks) {}

LegMedia::Moved LegMedia::move_out() {
  return {std::exchange(open_, {}), origin_, agreed_local(), remote_, codec_, holds_, speaks_};
}

LegMedia::~LegMedia() { close({}); }

Result<void> LegMedia::open(media::LegCallbacks callbacks) {
  auto opened = gate_.open_leg({}, std::move(callbacks));
  if (!opened) return std::unexpected(opened.error());
  open_ = *opened;
  return {};
}

void LegMedia::close(MediaGate::Closed closed) {
  if (!open_.handle) return;
  gate_.close(open_.handle, std::move(closed));
  open_ = {};
}

bool LegMedia::usable(const std::string& sdp) {
  const auto session = read_session(sdp);
  return session && anchored(*session) != nullptr;
}

std::string LegMedia::versioned(const std::function<std::string(const sdp::Origin&)>& write) {
  if (!local_.empty() && write(origin_) == local_) return local_;
  ++origin_.version;
  auto text = write(origin_);
  if (!before_) before_ = std::move(local_);
  local_ = text;
  return text;
}

std::string LegMedia::offer_of_ours(const IpAddress& address) {
  sdp::LocalAudio audio{
      .address = address, .rtp_port = open_.rtp_port, .rtcp_port = open_.rtcp_port, .codecs = own_codecs()};
  const auto before = read_session(agreed_local());
  return versioned([&](const sdp::Origin& origin) { return sdp::build_offer(origin, audio, standing_in(before)); });
}

std::optional<std::string> LegMedia::answer_of_ours(const std::string& offer, const IpAddress& address) {
  const auto session = read_session(offer);
  if (!session) return std::nullopt;
  sdp::LocalAudio audio{
      .address = address, .rtp_port = open_.rtp_port, .rtcp_port = open_.rtcp_port, .codecs = own_codecs()};
  if (!sdp::build_answer(*session, origin_, audio)) return std::nullopt;
  return versioned([&](const sdp::Origin& origin) { return sdp::build_answer(*session, origin, audio)->text; });
}

std::optional<std::string> LegMedia::relayed_offer(const std::string& sdp, const IpAddress& address,
                                                   std::optional<sdp::Direction> direction) {
  return relayed(sdp, address, nullptr, direction);
}

std::optional<std::string> LegMedia::relayed_answer(const std::string& sdp, const std::string& offer,
                                                    const IpAddress& address) {
  return relayed(sdp, address, &offer, std::nullopt);
}

std::optional<std::string> LegMedia::relayed(const std::string& sdp, const IpAddress& address, const std::string* offer,
                                             std::optional<sdp::Direction> direction) {
  const auto session = read_session(sdp);
  const auto lines = read_session(offer ? *offer : agreed_local());  // what our m= lines have to follow
  if (!session || (offer && !lines)) return std::nullopt;
  const auto* stream = anchored(*session);
  if (!stream) return std::nullopt;
  const auto standing = standing_in(lines);
  if (offer && !standing.ours) return std::nullopt;
  std::vector<std::uint8_t> payload_types;
  for (const auto& codec : stream->codecs())
    if (passes(codec)) payload_types.push_back(codec.payload_type);
  sdp::RelayOptions options{origin_,        address,
                            open_.rtp_port, open_.rtcp_port == open_.rtp_port + 1 ? std::uint16_t{0} : open_.rtcp_port,
                            direction,      payload_types};
  const auto index = static_cast<std::size_t>(stream - session->media.data());
  const auto write = [&](const sdp::Origin& origin) {
    options.origin = origin;
    return offer ? *sdp::relay_answer(*session, index, options, *standing.ours, standing.audio)
                 : *sdp::relay_offer(*session, index, options, standing);
  };
  return versioned(write);
}

Result<void> LegMedia::agree(const std::string& remote, bool remote_is_answer, const IpAddress& signalling_source) {
  const auto theirs = read_session(remote);
  const auto ours = read_session(local_);
  if (!theirs || !ours) return fail(Errc::Invalid, "unreadable session description");
  const auto* their_stream = anchored(*theirs);
  const auto* our_stream = anchored(*ours);
  if (!their_stream || !our_stream) return fail(Errc::Unsupported, "no audio stream in common");

  const auto their_direction = theirs->direction_of(*their_stream);
  const auto our_direction = ours->direction_of(*our_stream);
  media::RemoteMedia to;
  if (const auto rtp = theirs->rtp_of(*their_stream)) {
    to.rtp = *rtp;
    to.rtcp = theirs->rtcp_of(*their_stream);
  }
  to.signalling_source = signalling_source;
  to.direction = to_media(sdp::make_direction(sdp::receives(their_direction) && sdp::sends(our_direction),
                                              sdp::sends(their_direction) && sdp::receives(our_direction)));
  const auto their_codecs = their_stream->codecs(), our_codecs = our_stream->codecs();
  std::string first;
  const auto& answer = remote_is_answer ? their_codecs : our_codecs;  // its order is what counts (RFC 3264 §6.1)
  for (const auto& wanted : answer) {
    const auto same = [&](const sdp::Codec& c) { return c.same_encoding(wanted); };
    const auto theirs_of = std::ranges::find_if(their_codecs, same);
    const auto ours_of = std::ranges::find_if(our_codecs, same);
    if (theirs_of == their_codecs.end() || ours_of == our_codecs.end()) continue;
    if (const auto id = known(wanted)) {
      to.formats.push_back({*id, theirs_of->payload_type, ours_of->payload_type});
      if (first.empty()) first = wanted.name;
    } else if (wanted.is_telephone_event() && (!to.telephone_event || wanted.clock_rate == 8000)) {
      to.telephone_event = theirs_of->payload_type;
      to.receive_telephone_event = ours_of->payload_type;
      to.telephone_event_clock_rate = wanted.clock_rate;
    }
  }
  if (to.formats.empty()) return fail(Errc::Unsupported, "no codec in common");
  if (open_.handle) gate_.set_remote(open_.handle, std::move(to));
  remote_ = remote;
  before_.reset();
  codec_ = first;
  holds_ = !sdp::receives(their_direction);
  speaks_ = sdp::sends(their_direction) && sdp::receives(our_direction);
  return {};
}

}  // namespace parley::pbx

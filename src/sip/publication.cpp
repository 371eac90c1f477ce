#include <algorithm>

#include <sip/event_headers.hpp>
#include <sip/publication.hpp>

namespace parley::sip {
namespace {

struct Row {
  bool tagged, body, expires_zero;
  std::optional<PublishKind> kind;  // nullopt: 400
};
constexpr Row kTable[] = {
    // RFC 3903 table 1
    {false, true, false, PublishKind::Initial},
    {false, true, true, PublishKind::Initial},  // says nothing that lasts
    {false, false, false, std::nullopt},
    {false, false, true, std::nullopt},
    {true, true, false, PublishKind::Modify},
    {true, false, false, PublishKind::Refresh},
    {true, false, true, PublishKind::Remove},
    {true, true, true, PublishKind::Remove},  // the body does not count any more
};

}  // namespace

std::expected<PublishRequest, PublishRefusal> read_publish(const Message& publish, const EventLifetimes& lifetimes) {
  PublishRequest out;
  if (const auto text = publish.value(Header::SipIfMatch)) {
    const auto tag = parse_entity_tag(*text);
    if (!tag) return std::unexpected(PublishRefusal{400, {}});
    out.etag = *tag;
  }
  const auto granted = grant(publish.expires(), lifetimes);
  if (!granted) return std::unexpected(PublishRefusal{423, "Min-Expires: " + std::to_string(granted.error().count())});
  out.granted = *granted;
  const auto* const row = std::ranges::find_if(kTable, [&](const Row& one) {
    return one.tagged == !out.etag.empty() && one.body == !publish.body().empty() &&
           one.expires_zero == (granted->count() == 0);
  });
  if (!row->kind) return std::unexpected(PublishRefusal{400, {}});
  out.kind = *row->kind;
  return out;
}

}  // namespace parley::sip

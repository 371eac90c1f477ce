#include <algorithm>

#include <pbx/publications.hpp>

namespace parley::pbx {
namespace {

constexpr std::size_t kEtagBytes = 12;

}  // namespace

Result<std::string> Publications::apply(ExtensionId extension, const sip::PublishRequest& request,
                                        sip::Presence content, TimePoint now, Random& random) {
  auto etag = random.token(kEtagBytes);
  return held_.with([&](auto& all) -> Result<std::string> {
    auto& held = all[extension];
    std::erase_if(held, [&](const Held& one) { return one.expires <= now; });
    const auto done = [&]() -> Result<std::string> {
      if (held.empty()) all.erase(extension);
      return etag;
    };
    if (request.kind == sip::PublishKind::Initial) {
      if (request.granted.count() == 0) return done();  // it would be over already
      if (held.size() >= kMaxPerExtension) held.erase(std::ranges::min_element(held, {}, &Held::expires));
      held.push_back({etag, std::move(content), now + request.granted});
      return done();
    }
    const auto found = std::ranges::find(held, request.etag, &Held::etag);
    if (found == held.end()) {
      if (held.empty()) all.erase(extension);
      return fail(Errc::NotFound, "no such entity tag");
    }
    if (request.kind == sip::PublishKind::Remove) {
      held.erase(found);
      return done();
    }
    if (request.kind == sip::PublishKind::Modify) found->content = std::move(content);
    found->etag = etag;
    found->expires = now + request.granted;
    return done();
  });
}

std::vector<sip::Presence> Publications::of(ExtensionId extension, TimePoint now) const {
  std::vector<sip::Presence> out;
  held_.with([&](const auto& all) {
    const auto found = all.find(extension);
    if (found == all.end()) return;
    for (const auto& one : found->second)
      if (one.expires > now) out.push_back(one.content);
  });
  return out;
}

std::vector<ExtensionId> Publications::expire(TimePoint now) {
  std::vector<ExtensionId> out;
  held_.with([&](auto& all) {
    for (auto at = all.begin(); at != all.end();) {
      if (std::erase_if(at->second, [&](const Held& one) { return one.expires <= now; }) > 0) out.push_back(at->first);
      at = at->second.empty() ? all.erase(at) : std::next(at);
    }
  });
  return out;
}

std::size_t Publications::size() const {
  return held_.with([](const auto& all) {
    std::size_t count = 0;
    for (const auto& [extension, held] : all) count += held.size();
    return count;
  });
}

}  // namespace parley::pbx

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <media/kernel_relay.hpp>
#include <media/relay_bpf.h>
#include <media/route_lookup.hpp>

// The program, as made from relay.bpf.c.
__asm__(
    ".pushsection .rodata\n"
    ".balign 8\n"
    "parley_relay_object:\n"
    ".incbin \"" PARLEY_RELAY_OBJECT
    "\"\n"
    "parley_relay_object_end:\n"
    ".popsection\n");
extern "C" const unsigned char parley_relay_object[], parley_relay_object_end[];

namespace parley::media {
namespace {

constexpr unsigned kTcxIngress = 46;  // BPF_TCX_INGRESS of Linux 6.6; Debian 12 builds against older headers
constexpr std::uint64_t kSecond = 1'000'000'000;

void copy_address(std::uint32_t (&out)[4], const IpAddress& address) {
  std::memset(out, 0, sizeof out);
  std::memcpy(out, address.bytes.data(), address.v6 ? 16 : 4);
}

relay_key key_of(const Endpoint& local) {
  relay_key key{};
  copy_address(key.address, local.address);
  key.port = htons(local.port);
  key.family = local.address.v6 ? AF_INET6 : AF_INET;
  return key;
}

RelayCount count_of(const relay_rule& rule) {
  RelayCount count{rule.highest, rule.seen, rule.packets, rule.octets, rule.repeated, rule.jitter_q4, rule.timestamp};
  if (rule.last_at != 0) count.last_at = TimePoint(std::chrono::nanoseconds(rule.last_at));
  return count;
}

Error refusal(const char* what, int error) {
  const bool privilege = error == EPERM || error == EACCES;
  return {Errc::Unsupported, fmt::format("{}: {}{}", what, std::strerror(error),
                                         privilege ? " (CAP_BPF and CAP_NET_ADMIN are needed)" : "")};
}

int silent(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/) { return 0; }

}  // namespace

struct KernelRelay::Impl {
  bpf_object* object = nullptr;
  int program = -1, rules = -1, alive = -1;
  std::map<unsigned, int> links;  // by interface

  ~Impl() {
    for (const auto& [interface, link] : links) ::close(link);
    bpf_object__close(object);
  }

  /// So that packets of this interface come by. Once for each; the link goes with its descriptor.
  Result<void> attach(unsigned interface) {
    if (links.contains(interface)) return {};
    bpf_attr attributes{};
    attributes.link_create.prog_fd = static_cast<unsigned>(program);
    attributes.link_create.target_ifindex = interface;
    attributes.link_create.attach_type = kTcxIngress;
    const auto link = ::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes);
    if (link < 0)
      return std::unexpected(refusal(errno == EINVAL ? "attaching (Linux 6.6 is needed)" : "attaching", errno));
    links.emplace(interface, static_cast<int>(link));
    return {};
  }
};

KernelRelay::KernelRelay(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KernelRelay::~KernelRelay() = default;

Result<std::unique_ptr<KernelRelay>> KernelRelay::load(unsigned max_rules) {
  libbpf_set_print(silent);
  auto impl = std::make_unique<Impl>();
  impl->object = bpf_object__open_mem(parley_relay_object,
                                      static_cast<std::size_t>(parley_relay_object_end - parley_relay_object), nullptr);
  if (impl->object == nullptr) return std::unexpected(refusal("reading the program", errno));
  auto* const rules = bpf_object__find_map_by_name(impl->object, "rules");
  auto* const program = bpf_object__find_program_by_name(impl->object, "parley_relay");
  if (rules == nullptr || program == nullptr) return fail(Errc::Internal, "the relay program has no such parts");
  bpf_map__set_max_entries(rules, std::max(max_rules, 1U));
  if (const int failed = bpf_object__load(impl->object); failed != 0)
    return std::unexpected(refusal("loading", -failed));
  impl->program = bpf_program__fd(program);
  impl->rules = bpf_map__fd(rules);
  impl->alive = bpf_object__find_map_fd_by_name(impl->object, "alive");
  // Whether the kernel has TCX at all is seen now and not in the first call. Loopback is everywhere.
  if (auto attached = impl->attach(1); !attached) return std::unexpected(attached.error());
  return std::unique_ptr<KernelRelay>(new KernelRelay(std::move(impl)));
}

Result<void> KernelRelay::add(const RelayRule& rule) {
  const bool v6 = rule.local.address.v6;
  if (v6 != rule.remote.address.v6 || v6 != rule.out_local.address.v6 || v6 != rule.out_remote.address.v6)
    return fail(Errc::Unsupported, "IPv4 and IPv6 in one call");
  if (rule.local.address.is_unspecified() || rule.out_local.address.is_unspecified() || rule.clock_rate == 0)
    return fail(Errc::Invalid, "an end without an address");
  const auto in = find_route(rule.local.address, rule.remote.address);
  if (!in) return std::unexpected(in.error());
  const auto out = find_route(rule.out_local.address, rule.out_remote.address);
  if (!out) return std::unexpected(out.error());
  // A packet from elsewhere has no route to 127.0.0.0/8, and gets none.
  if (out->loopback && !in->loopback) return fail(Errc::Unsupported, "from the network to this host");
  if (auto attached = impl_->attach(in->interface); !attached) return attached;

  relay_rule made{};
  copy_address(made.from_address, rule.remote.address);
  copy_address(made.source_address, rule.out_local.address);
  copy_address(made.target_address, rule.out_remote.address);
  made.from_port = htons(rule.remote.port);
  made.source_port = htons(rule.out_local.port);
  made.target_port = htons(rule.out_remote.port);
  made.type_in = rule.type_in;
  made.type_out = rule.type_out;
  made.interface = out->interface;
  made.to_self = out->loopback;
  made.ssrc_in = htonl(rule.ssrc_in);
  made.ssrc_out = htonl(rule.ssrc_out);
  made.sequence_shift = rule.sequence_shift;
  made.timestamp_shift = rule.timestamp_shift;
  made.traffic_class = rule.traffic_class;
  made.nanoseconds_a_tick = static_cast<std::uint32_t>(kSecond / rule.clock_rate);
  made.highest = rule.highest;
  made.seen = rule.seen;
  made.jitter_q4 = rule.jitter_q4;
  const auto key = key_of(rule.local);
  if (const int failed = bpf_map_update_elem(impl_->rules, &key, &made, BPF_NOEXIST); failed != 0)
    return std::unexpected(refusal("adding a rule", -failed));
  return {};
}

std::optional<RelayCount> KernelRelay::read(const Endpoint& local) const {
  const auto key = key_of(local);
  relay_rule rule{};
  if (bpf_map_lookup_elem_flags(impl_->rules, &key, &rule, BPF_F_LOCK) != 0) return std::nullopt;
  return count_of(rule);
}

std::optional<RelayCount> KernelRelay::remove(const Endpoint& local) {
  const auto key = key_of(local);
  relay_rule rule{};
  if (bpf_map_lookup_and_delete_elem_flags(impl_->rules, &key, &rule, BPF_F_LOCK) != 0) return std::nullopt;
  return count_of(rule);
}

void KernelRelay::keep_alive(TimePoint now) {
  const std::uint32_t zero = 0;
  const std::uint64_t until = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>((now + kTrust).time_since_epoch()).count());
  (void)bpf_map_update_elem(impl_->alive, &zero, &until, BPF_ANY);
}

}  // namespace parley::media

// SPDX-License-Identifier: Apache-2.0
/* Relays plain RTP between two legs at the interface where it arrives, before the kernel's sockets: checks the source,
 * rewrites addresses, ports and the RTP header, counts, and sends it on. Whatever it does not know for certain goes up
 * to the media thread as if this program were not there: RTCP, keys, other payload types, other sources, fragments.
 * Its rules come from kernel_relay.cpp. Only packets in sequence, or late by less than 64, are relayed here; a jump is
 * the media thread's business (RFC 3550 A.1). Needs Linux 6.6 (TCX). */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "relay_bpf.h"

#define ADDRESS_FAMILY_V4 2
#define ADDRESS_FAMILY_V6 10
#define PASS (-1) /* TCX_NEXT */
#define DROP 2    /* TCX_DROP */
#define MAX_AHEAD 3000
#define HOPS 64

struct rtp {
  __u8 version, marker_type;
  __u16 sequence;
  __u32 timestamp, ssrc;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192); /* set when it is loaded */
  __type(key, struct relay_key);
  __type(value, struct relay_rule);
} rules SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} alive SEC(".maps");

static __always_inline int same(const __u32 *a, const __u32 *b) {
  return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

enum verdict { UP, REPEATED, RELAY };

/* Counts the packet if it is one to relay. */
static __always_inline enum verdict account(struct relay_rule *rule, const struct rtp *rtp, __u32 octets, __u64 now) {
  enum verdict verdict = UP;
  const __u32 timestamp = bpf_ntohl(rtp->timestamp);
  bpf_spin_lock(&rule->lock);
  const __s16 ahead = (__s16)(bpf_ntohs(rtp->sequence) - (__u16)rule->highest);
  if (ahead > 0 && ahead < MAX_AHEAD) {
    verdict = RELAY;
    rule->highest += ahead;
    rule->seen = ahead < 64 ? rule->seen << ahead | 1 : 1;
    rule->timestamp = timestamp;
  } else if (ahead <= 0 && ahead > -64) {
    const __u64 bit = 1ULL << -ahead;
    verdict = rule->seen & bit ? REPEATED : RELAY;
    rule->seen |= bit;
  }
  if (verdict == REPEATED) ++rule->repeated;
  if (verdict == RELAY) {
    const __u32 transit = (__u32)(now / rule->nanoseconds_a_tick) - timestamp;
    if (rule->has_transit) {
      __s32 moved = (__s32)(transit - rule->transit);
      if (moved < 0) moved = -moved;
      rule->jitter_q4 += moved - ((rule->jitter_q4 + 8) >> 4); /* RFC 3550 A.8 */
    }
    rule->transit = transit;
    rule->has_transit = 1;
    rule->last_at = now;
    rule->octets += octets;
    ++rule->packets;
  }
  bpf_spin_unlock(&rule->lock);
  return verdict;
}

/* The headers as they shall be. `ip` is the offset of the IP header, `udp` that of UDP. */
static __always_inline int rewrite(struct __sk_buff *skb, const struct relay_rule *rule, const struct rtp *before,
                                   __u32 udp, int v6) {
  struct rtp after = *before;
  after.marker_type = (before->marker_type & 0x80) | rule->type_out;
  after.sequence = bpf_htons(bpf_ntohs(before->sequence) + rule->sequence_shift);
  after.timestamp = bpf_htonl(bpf_ntohl(before->timestamp) + rule->timestamp_shift);
  after.ssrc = rule->ssrc_out;

  /* The sum over addresses is that of the pseudo header, which an unfinished checksum (loopback) has already. */
  __u32 addresses_before[8], addresses_after[8];
  if (v6) {
    bpf_skb_load_bytes(skb, ETH_HLEN + 8, addresses_before, 32);
    __builtin_memcpy(addresses_after, rule->source_address, 16);
    __builtin_memcpy(addresses_after + 4, rule->target_address, 16);
  } else {
    bpf_skb_load_bytes(skb, ETH_HLEN + 12, addresses_before, 8);
    addresses_after[0] = rule->source_address[0];
    addresses_after[1] = rule->target_address[0];
  }
  __u32 ports_before, ports_after = (__u32)rule->source_port | (__u32)rule->target_port << 16;
  bpf_skb_load_bytes(skb, udp, &ports_before, 4);

  __s64 sum = v6 ? bpf_csum_diff(addresses_before, 32, addresses_after, 32, 0)
                 : bpf_csum_diff(addresses_before, 8, addresses_after, 8, 0);
  const __u32 check = udp + __builtin_offsetof(struct udphdr, check);
  if (bpf_l4_csum_replace(skb, check, 0, sum, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0) < 0) return -1;
  sum = bpf_csum_diff(&ports_before, 4, &ports_after, 4, 0);
  sum = bpf_csum_diff((__u32 *)before, 12, (__u32 *)&after, 12, sum);
  if (bpf_l4_csum_replace(skb, check, 0, sum, BPF_F_MARK_MANGLED_0) < 0) return -1;

  if (v6) {
    bpf_skb_store_bytes(skb, ETH_HLEN + 8, addresses_after, 32, 0);
    __u8 first[4];
    bpf_skb_load_bytes(skb, ETH_HLEN, first, 4);
    first[0] = (first[0] & 0xf0) | rule->traffic_class >> 4;
    first[1] = (first[1] & 0x0f) | (rule->traffic_class & 0xf) << 4;
    bpf_skb_store_bytes(skb, ETH_HLEN, first, 4, 0);
    const __u8 hops = HOPS;
    bpf_skb_store_bytes(skb, ETH_HLEN + 7, &hops, 1, 0);
  } else {
    /* Words that change: the first (traffic class), the third (hops) and the addresses. */
    __u32 words_before[2], words_after[2];
    bpf_skb_load_bytes(skb, ETH_HLEN, &words_before[0], 4);
    bpf_skb_load_bytes(skb, ETH_HLEN + 8, &words_before[1], 4);
    __builtin_memcpy(words_after, words_before, 8);
    ((__u8 *)words_after)[1] = rule->traffic_class;
    ((__u8 *)words_after)[4] = HOPS;
    sum = bpf_csum_diff(addresses_before, 8, addresses_after, 8, 0);
    sum = bpf_csum_diff(words_before, 8, words_after, 8, sum);
    if (bpf_l3_csum_replace(skb, ETH_HLEN + 10, 0, sum, 0) < 0) return -1;
    bpf_skb_store_bytes(skb, ETH_HLEN, &words_after[0], 4, 0);
    /* hops alone: the bytes behind it are the protocol and the checksum just written */
    bpf_skb_store_bytes(skb, ETH_HLEN + 8, &words_after[1], 1, 0);
    bpf_skb_store_bytes(skb, ETH_HLEN + 12, addresses_after, 8, 0);
  }
  bpf_skb_store_bytes(skb, udp, &ports_after, 4, 0);
  return bpf_skb_store_bytes(skb, udp + sizeof(struct udphdr), &after, 12, 0) < 0 ? -1 : 0;
}

SEC("tc")
int parley_relay(struct __sk_buff *skb) {
  const int v6 = skb->protocol == bpf_htons(ETH_P_IPV6);
  if (!v6 && skb->protocol != bpf_htons(ETH_P_IP)) return PASS;
  const __u32 udp_at = ETH_HLEN + (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
  const __u32 headers = udp_at + sizeof(struct udphdr) + sizeof(struct rtp);
  if (skb->len < headers + 1) return PASS;
  if (bpf_skb_pull_data(skb, headers) < 0) return PASS;

  struct relay_key key = {};
  __u32 from[4] = {};
  const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  const struct udphdr *udp;
  if (v6) {
    const struct ipv6hdr *ip = data + ETH_HLEN;
    udp = (const void *)(ip + 1);
    if ((const void *)udp + sizeof(struct udphdr) + sizeof(struct rtp) > end) return PASS;
    if (ip->version != 6 || ip->nexthdr != IPPROTO_UDP) return PASS;
    key.family = ADDRESS_FAMILY_V6;
    __builtin_memcpy(key.address, &ip->daddr, 16);
    __builtin_memcpy(from, &ip->saddr, 16);
  } else {
    const struct iphdr *ip = data + ETH_HLEN;
    udp = (const void *)(ip + 1);
    if ((const void *)udp + sizeof(struct udphdr) + sizeof(struct rtp) > end) return PASS;
    if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP) return PASS;
    if (ip->frag_off & bpf_htons(0x3fff)) return PASS; /* more fragments, or a later one */
    if (bpf_ntohs(ip->tot_len) + ETH_HLEN > skb->len) return PASS;
    key.family = ADDRESS_FAMILY_V4;
    key.address[0] = ip->daddr;
    from[0] = ip->saddr;
  }
  key.port = udp->dest;
  struct relay_rule *rule = bpf_map_lookup_elem(&rules, &key);
  if (!rule) return PASS;

  const __u32 zero = 0;
  const __u64 *until = bpf_map_lookup_elem(&alive, &zero);
  const __u64 now = bpf_ktime_get_ns();
  if (!until || now > *until) return PASS;
  const struct rtp rtp = *(const struct rtp *)(udp + 1);
  const __u32 octets = bpf_ntohs(udp->len) - sizeof(struct udphdr) - sizeof(struct rtp);
  if (bpf_ntohs(udp->len) <= sizeof(struct udphdr) + sizeof(struct rtp) || octets > 1500) return PASS;
  if (!same(from, rule->from_address) || udp->source != rule->from_port) return PASS;
  if (rtp.version != 0x80 || (rtp.marker_type & 0x7f) != rule->type_in || rtp.ssrc != rule->ssrc_in) return PASS;

  const enum verdict verdict = account(rule, &rtp, octets, now);
  if (verdict == UP) return PASS;
  if (verdict == REPEATED) return DROP;
  if (rewrite(skb, rule, &rtp, udp_at, v6) < 0) return DROP; /* counted as relayed: it is half rewritten */
  /* Out by loopback and in again: keeps the route that the sender's kernel found, without which 127.0.0.0/8 is martian. */
  if (rule->to_self) return bpf_redirect(rule->interface, 0);
  return bpf_redirect_neigh(rule->interface, 0, 0, 0);
}

char LICENSE[] SEC("license") = "Apache-2.0";

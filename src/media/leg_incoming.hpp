#pragma once
#include <media/leg.hpp>

namespace parley::media {

struct Leg::Incoming {
  rtp::RtpPacket packet;
  rtp::Arrival arrival;
  std::uint64_t sequence;  // unwrapped
  std::uint64_t segment;
  std::uint32_t clock_rate;
  TimePoint now;
  bool from_self;  // echo
};

}  // namespace parley::media

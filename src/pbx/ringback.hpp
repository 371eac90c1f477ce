#pragma once
#include <memory>

#include <media/prompt.hpp>

namespace parley::pbx {

/// What a party hears while somebody rings for it: 425 Hz, 1 s of 5 (ITU-T E.180, ETSI TR 101 041), to be repeated.
/// Made once. Thread: any.
[[nodiscard]] std::shared_ptr<const media::Prompt> ringback();

}  // namespace parley::pbx

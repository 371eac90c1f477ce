#pragma once
#include <string>
#include <string_view>

#include <net/http.hpp>

namespace parley::api {

/// One file of the console's folder. Names with a hash below /assets/ may be kept for ever; everything else is asked
/// for again. A path that is no file is the console's own (history): index.html. Never leaves the folder: clean_path
/// has refused "..", and links out of it are not followed.   Thread: any.
[[nodiscard]] net::HttpResponse console_file(const std::string& folder, const net::HttpRequest& request);

[[nodiscard]] std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace parley::api

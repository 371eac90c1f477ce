#pragma once
#include <string>

#include <base/result.hpp>
#include <speech/models.hpp>

/// Where ONNX Runtime's library lies, found out without mapping it: only workers load it, and the server, which merely
/// wants to know, would carry its 12 MiB for ever. Private to speech/.
namespace parley::speech {

/// The name that is loaded: the models' own file if there is one, else the machine's.
inline constexpr const char* kRuntimeFile = "lib/libonnxruntime.so.1";
inline constexpr const char* kRuntimeName = "libonnxruntime.so.1";

/// Reads a file's ELF header: a shared library for this machine, with all the bytes that the header speaks of. Errors:
/// NotFound, Corrupt with a reason that names the file.
[[nodiscard]] Result<void> check_shared_library(const std::string& path);

/// Looks in the models' folder, then where the dynamic linker would. Errors: Unavailable with the reason.
[[nodiscard]] Result<void> look_for_runtime(const ModelFolder& folder);

}  // namespace parley::speech

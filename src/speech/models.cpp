#include <array>
#include <filesystem>

#include <speech/models.hpp>
#include <speech/onnx.hpp>

namespace parley::speech {
namespace {

bool has_moonshine(const ModelFolder& folder, const std::string& size) {
  return folder.has("moonshine-" + size + "/encoder.onnx") && folder.has("moonshine-" + size + "/decoder.onnx");
}

void add_reason(std::string& reason, std::string_view text) {
  if (!reason.empty()) reason += "; ";
  reason += text;
}

}  // namespace

bool ModelFolder::has(std::string_view name) const {
  std::error_code error;
  return std::filesystem::is_regular_file(file(name), error);
}

Availability available(const ModelFolder& folder) {
  Availability out;
  if (auto there = onnx::look(folder); !there) {
    out.reason = there.error().text;
    return out;
  }
  if (has_moonshine(folder, "base"))
    out.engine = "moonshine-base";
  else if (has_moonshine(folder, "tiny"))
    out.engine = "moonshine-tiny";
  else
    add_reason(out.reason, "no recogniser model");
  const bool supported = folder.has("vocab.txt") && folder.has("silero_vad_v6.onnx");
  if (!supported) add_reason(out.reason, "no vocabulary or voice activity model");
  out.recogniser = supported && !out.engine.empty();
  if (!out.recogniser) out.engine.clear();
  constexpr std::array<std::string_view, 3> kKokoro{"kokoro/model.onnx", "kokoro/tokenizer.json", "kokoro/en-us.txt"};
  out.synthesiser = true;
  for (const auto name : kKokoro) out.synthesiser = out.synthesiser && folder.has(name);
  if (!out.synthesiser) add_reason(out.reason, "no natural voice");
  if (!out.reason.empty()) out.reason += " in " + folder.path + " (tools/fetch-speech brings it)";
  return out;
}

}  // namespace parley::speech

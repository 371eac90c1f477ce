// Word error rate, speed and memory of the embedded recogniser over recordings with known text.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include <codec/wav.hpp>
#include <speech/transcriber.hpp>
#include <speech/word_error_rate.hpp>

#include "telephone.hpp"

namespace {

namespace json = boost::json;
using namespace parley;          // NOLINT: a program
using namespace parley::speech;  // NOLINT

struct Options {
  std::filesystem::path manifest = "../shared/data/speech/manifest.jsonl";
  std::string models = "build/speech";
  std::optional<bool> telephone;  // nullopt: both
  Recogniser::Model model = Recogniser::Model::Best;
  bool detail = false;
};

constexpr std::string_view kHelp =
    R"(usage: speech_accuracy [--manifest FILE] [--telephone | --wide] [--model base|tiny] [--models DIR] [--detail]
  --manifest FILE  one JSON object a line: file, kind, ref or turns, ref_quality (default ../shared/data/speech/manifest.jsonl)
  --telephone      only as heard through a telephone (8 kHz, 300 Hz up, mu-law); --wide: only as recorded; default: both
  --model NAME     base or tiny (default: the best there is)
  --detail         each item with errors: what was said, what was heard
)";

struct Item {
  std::string id;
  std::string kind;
  std::filesystem::path file;
  unsigned channels = 1;
  std::vector<std::string> references;  // per channel
};

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Items without a reference fit for scoring (quality none or C) are left out.
std::vector<Item> read_manifest(const std::filesystem::path& path) {
  std::vector<Item> items;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (object == nullptr) continue;
    const std::string quality = text_of(*object, "ref_quality");
    if (quality == "none" || quality == "C") continue;
    Item item{text_of(*object, "id"), text_of(*object, "kind"), path.parent_path() / text_of(*object, "file"), 1, {}};
    if (const auto* channels = object->if_contains("channels"); channels != nullptr && channels->is_int64())
      item.channels = static_cast<unsigned>(channels->get_int64());
    item.references.resize(item.channels);
    const json::value* turns = object->if_contains("turns");
    if (item.channels == 1 || turns == nullptr || !turns->is_array()) {
      item.references[0] = text_of(*object, "ref");
    } else {
      for (const json::value& turn : turns->get_array())
        item.references.at(static_cast<std::size_t>(turn.at("channel").as_int64())) +=
            ' ' + text_of(turn.as_object(), "text");
    }
    items.push_back(std::move(item));
  }
  return items;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

struct Measured {
  std::map<std::string, std::pair<unsigned, WordErrors>> by_kind;
  WordErrors all;
  double audio_s = 0;
  double wall_s = 0;
};

Result<std::string> recognise_channel(std::span<const std::int16_t> samples, std::uint32_t rate, Recogniser& recogniser,
                                      const ModelFolder& models) {
  auto transcriber =
      Transcriber::make({static_cast<int>(rate), 1}, recogniser, [&] { return VoiceActivity::open(models); });
  if (!transcriber) return std::unexpected(transcriber.error());
  if (auto pushed = (*transcriber)->push(samples); !pushed) return std::unexpected(pushed.error());
  auto transcript = (*transcriber)->finish();
  if (!transcript) return std::unexpected(transcript.error());
  std::string text;
  for (const Turn& turn : transcript->turns) text += turn.text + ' ';
  return text;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

Result<Measured> measure(const std::vector<Item>& items, bool telephone, const Options& options,
                         Recogniser& recogniser) {
  Measured out;
  for (const Item& item : items) {
    auto wav = codec::read_wav(item.file);
    if (!wav) return std::unexpected(wav.error());
    for (unsigned channel = 0; channel < std::min(item.channels, wav->channels); ++channel) {
      std::vector<std::int16_t> samples = wav->channel(channel);
      std::uint32_t rate = wav->rate;
      out.audio_s += static_cast<double>(samples.size()) / rate;
      if (telephone) {
        auto narrow = bench::through_telephone(samples, rate);
        if (!narrow) return std::unexpected(narrow.error());
        samples = std::move(*narrow);
        rate = 8000;
      }
      const auto before = std::chrono::steady_clock::now();
      auto heard = recognise_channel(samples, rate, recogniser, {options.models});
      if (!heard) return std::unexpected(heard.error());
      out.wall_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
      const std::string& said = item.references[channel];
      const bool digits = item.kind.starts_with("digits") || said.find("zero") != std::string::npos;
      const auto reading = digits ? NumberReading::Digits : NumberReading::Values;
      const auto said_words = comparable_words(said, reading);
      const auto heard_words = comparable_words(*heard, reading);
      const WordErrors errors = count_errors(said_words, heard_words);
      auto& [count, sum] = out.by_kind[item.kind];
      ++count;
      sum += errors;
      out.all += errors;
      if (options.detail && errors.total() > 0)
        fmt::print("{}[{}] {}/{}\n   said  {}\n   heard {}\n", item.id, channel, errors.total(), errors.words,
                   joined(said_words), joined(heard_words));
    }
  }
  return out;
}

void print_row(std::string_view kind, unsigned count, const WordErrors& errors) {
  fmt::print("  {:<22} {:>4} {:>7} {:>8.1f} %   ({} substituted, {} deleted, {} inserted)\n", kind, count, errors.words,
             100 * errors.rate(), errors.substituted, errors.deleted, errors.inserted);
}

int run(const Options& options) {
  const auto items = read_manifest(options.manifest);
  if (items.empty()) {
    fmt::print(stderr, "speech_accuracy: no items with a reference in {}; name a manifest with --manifest FILE\n",
               options.manifest.string());
    return 1;
  }
  auto recogniser = Recogniser::open({options.models}, options.model);
  if (!recogniser) {
    fmt::print(stderr, "speech_accuracy: {}\n", recogniser.error().text);
    return 1;
  }
  for (const bool telephone : {false, true}) {
    if (options.telephone && *options.telephone != telephone) continue;
    const double cpu_before = cpu_seconds();
    const auto measured = measure(items, telephone, options, **recogniser);
    if (!measured) {
      fmt::print(stderr, "speech_accuracy: {}\n", measured.error().text);
      return 1;
    }
    fmt::print("{} · {}\n  {:<22} {:>4} {:>7} {:>8}\n", (*recogniser)->engine(),
               telephone ? "telephone (8 kHz, 300 Hz up, mu-law)" : "as recorded", "kind", "n", "words", "WER");
    unsigned count = 0;
    for (const auto& [kind, row] : measured->by_kind) {
      print_row(kind, row.first, row.second);
      count += row.first;
    }
    print_row("all", count, measured->all);
    fmt::print("  {:.0f} s of audio in {:.1f} s: real-time factor {:.4f}, CPU {:.1f} s, peak memory {} MiB\n\n",
               measured->audio_s, measured->wall_s, measured->wall_s / measured->audio_s, cpu_seconds() - cpu_before,
               peak_mib());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool has_value = i + 1 < words.size();
    if (word == "--manifest" && has_value) {
      options.manifest = words[++i];
    } else if (word == "--models" && has_value) {
      options.models = words[++i];
    } else if (word == "--model" && has_value && (words[i + 1] == "base" || words[i + 1] == "tiny")) {
      options.model = words[++i] == "base" ? Recogniser::Model::Base : Recogniser::Model::Tiny;
    } else if (word == "--telephone" || word == "--wide") {
      options.telephone = word == "--telephone";
    } else if (word == "--detail") {
      options.detail = true;
    } else {
      fmt::print("{}", kHelp);
      return word == "--help" ? 0 : 2;
    }
  }
  return run(options);
}

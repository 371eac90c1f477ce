#pragma once
#include <map>
#include <mutex>
#include <string>

#include <media/prompt.hpp>
#include <speech/models.hpp>
#include <store/store.hpp>

namespace parley::server {

/// Speaks the organisations' own recording notices (PBX-4) into the prompt store as "notice-<organisation id>", by the
/// natural voice where its models are there, else by the instant one. The work is a child process'.
/// Thread: any, blocking; one at a time.
class Notices {
 public:
  Notices(store::Store& store, media::PromptStore& prompts, speech::ModelFolder models)
      : store_(store), prompts_(prompts), models_(std::move(models)) {}
  /// Speaks what changed since the last time. Until it is spoken, and if it cannot be, the default notice is used;
  /// never the text that was there before.
  void refresh();

 private:
  store::Store& store_;
  media::PromptStore& prompts_;
  const speech::ModelFolder models_;
  std::mutex mutex_;
  std::map<OrganisationId, std::string> spoken_;
};

}  // namespace parley::server

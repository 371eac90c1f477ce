#pragma once
#include <string>

#include <store/store.hpp>

namespace parley::store {

/// A store in a folder of its own that goes with it, on a clock that stands still. For tests of this and the floors
/// above.
class TemporaryStore {
 public:
  TemporaryStore();
  ~TemporaryStore();
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;

  [[nodiscard]] Store& operator*() const noexcept { return *store_; }
  [[nodiscard]] Store* operator->() const noexcept { return store_.get(); }
  /// Closes and opens again, as a restart does.
  void reopen();
  void close();  // until reopen(): for tests that let another process use the folder
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// Things with made-up but whole contents; they fail loudly.
  OrganisationId organisation(std::string_view domain);
  Extension extension(OrganisationId organisation, std::string_view number,
                      RecordingMode recording = RecordingMode::Off);
  User user(OrganisationId organisation, std::string_view login);
  CallRecord call(OrganisationId organisation, const Extension& from, const Extension& to);  // begun and closed
  CallRecord open_call(OrganisationId organisation, const Extension& from, const Extension& to);
  /// With a blob of sealed bytes, a transcript and an analysis that hold `marker`.
  Recording recording(const CallRecord& call, std::string_view marker);

  FakeClock clock;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace parley::store

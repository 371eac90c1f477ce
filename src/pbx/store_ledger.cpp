#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <base/guarded.hpp>
#include <base/log.hpp>
#include <base/metrics.hpp>
#include <codec/format.hpp>
#include <media/recorder.hpp>
#include <pbx/store_ledger.hpp>
#include <store/executor.hpp>
#include <store/registration_writer.hpp>
#include <store/store.hpp>

namespace parley::pbx {
namespace {

/// What the recorder writes, put into the blob store.
class BlobFile final : public media::AppendFile {
 public:
  explicit BlobFile(std::unique_ptr<store::BlobWriter> writer) : writer_(std::move(writer)) {}
  ~BlobFile() override { (void)writer_->close(); }
  Result<void> append(BytesView bytes) override { return writer_->append(bytes); }
  Result<void> sync() override { return writer_->sync(); }

 private:
  std::unique_ptr<store::BlobWriter> writer_;
};

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string codecs_text(const std::vector<codec::CodecId>& codecs) {
  std::string text;
  for (const auto id : codecs) {
    if (!text.empty()) text += ",";
    text += codec::info(id).name;
  }
  return text;
}

store::Registration to_row(const Binding& binding, WallTime now) {
  store::Registration row;
  row.organisation = binding.organisation;
  row.device = binding.device;
  row.extension = binding.extension;
  row.contact = binding.contact;
  row.key = key_of(binding);
  row.sip_call_id = binding.call_id;
  row.cseq = binding.cseq;
  row.user_agent = binding.user_agent;
  row.source = binding.flow.remote.text();
  row.local = binding.flow.local.text();
  row.transport = sip::to_string(binding.flow.transport);
  row.instance = binding.instance;
  row.reg_id = binding.reg_id;
  row.q = binding.q;
  row.path = binding.path;
  row.registered = now;
  row.expires = binding.expires_wall;
  return row;
}

class StoreLedger final : public Ledger {
 public:
  StoreLedger(store::Store& store, store::Executor& executor, media::Recorder& recorder)
      : store_(store), executor_(executor), recorder_(recorder) {}
  ~StoreLedger() override { closing_->wait(); }

  Result<DirectorySource> load_directory() override {
    DirectorySource source;
    const auto organisations = store_.organisations.list();
    if (!organisations) return std::unexpected(organisations.error());
    for (const auto& organisation : *organisations) {
      const auto policy = store_.policies.current(organisation.id);
      if (!policy) return std::unexpected(policy.error());
      const bool custom = policy->announcement_mode == "custom";
      source.organisations.push_back({organisation.id,
                                      organisation.name,
                                      organisation.sip_domain,
                                      {},
                                      custom ? policy->announcement_text : std::string{},
                                      organisation.media_encryption});
      const auto extensions = store_.extensions.list(organisation.id);
      if (!extensions) return std::unexpected(extensions.error());
      for (const auto& row : *extensions)
        source.extensions.push_back({row.id, row.organisation, row.number, row.display_name, row.caller_id,
                                     row.recording == store::RecordingMode::On, row.enabled,
                                     std::chrono::seconds(row.ring_timeout_s)});
      const auto devices = store_.devices.list(organisation.id);
      if (!devices) return std::unexpected(devices.error());
      for (const auto& row : *devices)
        source.devices.push_back(
            {row.id, row.organisation, row.extension, row.sip_username, row.sip_password, row.media_encryption});
      const auto routes = store_.routes.list(organisation.id);
      if (!routes) return std::unexpected(routes.error());
      source.routes.insert(source.routes.end(), routes->begin(), routes->end());
      const auto trunks = store_.trunks.list(organisation.id);
      if (!trunks) return std::unexpected(trunks.error());
      source.trunks.insert(source.trunks.end(), trunks->begin(), trunks->end());
    }
    return source;
  }

  Result<std::vector<Binding>> load_bindings(TimePoint now) override {
    std::vector<Binding> out;
    const auto organisations = store_.organisations.list();
    if (!organisations) return std::unexpected(organisations.error());
    const auto wall = store_.clock.wall();
    for (const auto& organisation : *organisations) {
      const auto rows = store_.registrations.list(organisation.id);
      if (!rows) return std::unexpected(rows.error());
      for (const auto& row : *rows) {
        const auto source = Endpoint::parse(row.source);
        const auto transport = sip::transport_of(row.transport);
        if (!source || transport == sip::Transport::Other || row.expires <= wall) continue;
        Binding binding;
        binding.organisation = row.organisation;
        binding.extension = row.extension;
        binding.device = row.device;
        binding.contact = row.contact;
        // A stream did not survive the restart: LocationTable::bind() finds what is left of the way to it.
        binding.flow = {transport, Endpoint::parse(row.local).value_or(Endpoint{}), *source, 0};
        binding.call_id = row.sip_call_id;
        binding.cseq = row.cseq;
        binding.expires_wall = row.expires;
        binding.expires = now + (row.expires - wall);
        binding.user_agent = row.user_agent;
        binding.instance = row.instance;
        binding.reg_id = row.reg_id;
        binding.q = row.q;
        binding.path = row.path;
        binding.refreshed = now - (wall - row.registered);
        out.push_back(std::move(binding));
      }
    }
    return out;
  }

  void keep_binding(const Binding& binding, bool merely_refreshed) override {
    registrations_.keep(to_row(binding, store_.clock.wall()), merely_refreshed);
  }
  void forget_binding(const Binding& binding) override {
    registrations_.forget(binding.organisation, binding.device, key_of(binding));
  }

  Result<std::vector<Ban>> load_bans() override {
    const auto rows = store_.sip_bans.list();
    if (!rows) return std::unexpected(rows.error());
    std::vector<Ban> out;
    for (const auto& row : *rows)
      if (const auto range = IpRange::parse(row.range))
        out.push_back({BanId{row.id}, row.allow ? Ban::Kind::Allow : Ban::Kind::Ban, *range, row.reason, row.by,
                       row.since, row.until});
    return out;
  }
  void keep_ban(const Ban& ban) override {
    store::SipBan row{ban.id.uuid, ban.kind == Ban::Kind::Allow, ban.range.text(), ban.reason, ban.by, ban.since,
                      ban.until};
    submit("ban.keep", [this, row] { return store_.sip_bans.put(row); });
  }
  void forget_ban(BanId ban) override {
    submit("ban.forget", [this, ban] { return store_.sip_bans.remove(ban.uuid); });
  }

  void start_recording(RecordingOrder order, media::Poster post, RecordingMade made, RecordingEnded ended) override {
    auto shared = std::make_shared<RecordingMade>(std::move(made));
    const auto submitted = executor_.submit([this, order = std::move(order), post, shared, ended = std::move(ended)] {
      auto result = make(order, post, ended);
      post([shared, result = std::move(result)] { (*shared)(result); });
    });
    if (!submitted) post([shared, error = submitted.error()] { (*shared)(std::unexpected(error)); });
  }

  void close_call(const store::CallRecord& call, std::vector<RecordingId> recordings, media::Poster post,
                  std::function<void(Result<void>)> done) override {
    std::vector<store::NewJob> jobs;
    for (const auto& recording : recordings) {
      store::NewJob job;
      job.kind = "transcribe";
      job.organisation = call.organisation;
      job.call = call.id;
      job.recording = recording;
      job.payload = R"({"recording":")" + recording.text() + R"(","call":")" + call.id.text() + R"("})";
      job.idempotency_key = recording.text();
      jobs.push_back(std::move(job));
    }
    closing_->add(1);
    store_.cdrs.close(call, std::move(jobs),
                      [this, post, done = std::move(done), closing = closing_](const Result<void>& result) {
                        if (result && unsettled_.with([](const auto& rows) { return !rows.empty(); }))
                          (void)executor_.submit([this] { settle(); });  // the database takes writes again
                        post([done, result] { done(result); });
                        closing->add(-1);
                      });
  }

  void publish(store::Event event, bool durable) override {
    if (!durable) return store_.bus.publish(event);
    submit("event.append", [this, event = std::move(event)] { return store_.events.append(event); });
  }

 private:
  /// `work` writes something that nobody waits for, after what was submitted before.
  template <class Work>
  void submit(std::string_view what, Work work) {
    static auto& failures = metrics::counter("parley_ledger_failures_total", "Writes of events and bans that failed");
    const auto submitted = in_order_.submit([what, work = std::move(work)] {
      const auto done = work();
      if (done || done.error().code == Errc::NotFound) return;
      failures.add();
      log::warning("ledger.failed", {{"what", what}, {"reason", done.error().text}});
    });
    if (!submitted) failures.add();
  }

  Result<std::shared_ptr<media::Recording>> make(const RecordingOrder& order, const media::Poster& post,
                                                 const RecordingEnded& ended) {
    if (auto created = store_.calls.create(order.call); !created) return std::unexpected(created.error());
    auto blob = store_.blobs.create();
    if (!blob) return std::unexpected(blob.error());
    store::Recording row;
    row.id = order.recording;
    row.organisation = order.call.organisation;
    row.call = order.call.id;
    row.blob = (*blob)->id();
    row.started = store_.clock.wall();
    row.notice_played = true;
    row.notice_ended = order.notice_ended;
    row.opted_in = order.opted_in;
    const auto key = store_.recordings.create(row);
    if (!key) {
      (void)store_.blobs.remove(row.blob);
      return std::unexpected(key.error());
    }
    media::RecordingStart start;
    start.organisation = row.organisation;
    start.call = row.call;
    start.recording = row.id;
    start.file = std::make_unique<BlobFile>(std::move(*blob));
    start.post = [this](const std::function<void()>& work) {
      if (!executor_.submit(work)) work();  // stopping: on the recorder's own thread, better late than never
    };
    start.on_ended = [this, row, post, ended](const media::RecordingSummary& summary) {
      finish(row, summary);
      post([ended, summary] { ended(summary); });
    };
    auto recording = recorder_.start(std::move(start), *key);
    if (!recording) {
      row.state = store::RecordingState::Failed;
      row.ended = store_.clock.wall();
      (void)store_.recordings.update(row);
    }
    return recording;
  }

  void finish(store::Recording row, const media::RecordingSummary& summary) {
    row.state = summary.state != media::RecordingState::Failed ? store::RecordingState::Ready
                : summary.length > Duration::zero()            ? store::RecordingState::Cut
                                                               : store::RecordingState::Failed;
    row.seconds = seconds_of(summary.length);
    row.codec_info = codecs_text(summary.codecs);
    row.started = summary.started;
    row.ended = summary.ended;
    for (const auto& pause : summary.pauses) row.pauses.push_back({seconds_of(pause.from), seconds_of(pause.to)});
    settle(std::move(row));
  }

  /// Says in the rows of ended recordings how they ended. A full disk that ended a recording refuses its row as well:
  /// such a row waits for the next call record that is written, or for the recovery at the next start.
  void settle(std::optional<store::Recording> newest = std::nullopt) {
    std::vector<store::Recording> rows;
    unsettled_.with([&](auto& waiting) { rows.swap(waiting); });
    if (newest) rows.push_back(std::move(*newest));
    for (auto& row : rows) {
      const auto updated = store_.recordings.update(row);
      if (updated || updated.error().code == Errc::NotFound) continue;
      log::warning("recording.row_not_updated", {{"reason", updated.error().text}});
      unsettled_.with([&](auto& waiting) { waiting.push_back(std::move(row)); });
    }
  }

  /// Records on their way. Shared with their callbacks, the last of which may still leave it when the ledger goes.
  class Closing {
   public:
    void add(int by) {
      const std::lock_guard lock(mutex_);
      count_ += by;
      if (count_ == 0) none_.notify_all();
    }
    void wait() {
      std::unique_lock lock(mutex_);
      none_.wait(lock, [this] { return count_ == 0; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable none_;
    int count_ = 0;
  };

  store::Store& store_;
  store::Executor& executor_;
  media::Recorder& recorder_;
  std::shared_ptr<Closing> closing_ = std::make_shared<Closing>();
  Guarded<std::vector<store::Recording>> unsettled_;

  store::RegistrationWriter registrations_{store_.registrations};
  /// One thread, so that events keep their order.
  store::Executor in_order_{1, 16384, "ledger"};
};

}  // namespace

std::unique_ptr<Ledger> make_store_ledger(store::Store& store, store::Executor& executor, media::Recorder& recorder) {
  return std::make_unique<StoreLedger>(store, executor, recorder);
}

}  // namespace parley::pbx

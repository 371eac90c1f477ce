#pragma once
#include <string>

#include <media/fake_recording.hpp>
#include <store/temporary.hpp>

/// An organisation whose calls are recorded as the server records them: real containers, in virtual time. Tests only.
namespace parley::privacy::fake {

struct RecordedCall {
  store::CallRecord call;
  store::Recording recording;
};

struct World {
  store::TemporaryStore store;
  OrganisationId organisation = store.organisation("a.example");
  store::Extension ada = person("101", "Ada Lovelace", store::RecordingMode::On);
  store::Extension bob = person("102", "Bob Babbage", store::RecordingMode::Off);

  store::Extension person(std::string_view number, std::string_view name, store::RecordingMode mode) {
    store::Extension out;
    out.id = ExtensionId::make();
    out.organisation = organisation;
    out.number = number;
    out.display_name = name;
    out.email = std::string(number) + "@mail.example";
    out.recording = mode;
    EXPECT_TRUE(store->extensions.create(out));
    store::Device device{DeviceId::make(),
                         organisation,
                         out.id,
                         "desk of " + std::string(name),
                         out.number + "-desk",
                         "S3cret-" + std::string(name),
                         {}};
    EXPECT_TRUE(store->devices.create(device));
    return out;
  }

  /// Ten seconds of talk; with a pause of four in the middle if asked. `marker` is a name, a word of the transcript and
  /// more.
  RecordedCall recorded_call(const std::string& marker, bool pause = false) {
    RecordedCall out;
    out.call = store.open_call(organisation, ada, bob);
    out.call.caller.name = marker + " Caller";
    out.call.caller.number = "+41795550123";
    store.clock.advance(std::chrono::seconds(5));
    out.call.answered = store.clock.wall();
    store.clock.advance(std::chrono::seconds(3));

    auto& row = out.recording;
    row.id = RecordingId::make();
    row.organisation = organisation;
    row.call = out.call.id;
    row.notice_played = true;
    row.notice_ended = store.clock.wall();
    store.clock.advance(std::chrono::milliseconds(100));
    row.started = store.clock.wall();
    row.opted_in = ada.id;
    auto blob = store->blobs.create();
    row.blob = (*blob)->id();
    const auto key = store->recordings.create(row);
    EXPECT_TRUE(key);

    auto disk = std::make_shared<media::fake::Disk>();
    media::recording::Header header{organisation, out.call.id, row.id, store.clock.wall(), {}};
    system_random().fill(header.salt);
    vault::Aead aead = media::recording::make_aead(*key, header);
    disk->bytes = media::recording::write_header(header, aead);
    media::ActiveRecording active(
        media::RecordingStart{organisation, out.call.id, row.id, std::make_unique<media::fake::DiskFile>(disk),
                              [](const std::function<void()>& work) { work(); }, [](const media::RecordingSummary&) {}},
        store.clock, {}, media::recording::FrameCipher(std::move(aead), disk->bytes), store.clock.wall(),
        disk->bytes.size());
    media::fake::Voice caller(media::Party::Caller, codec::CodecId::Pcmu, 1);
    media::fake::Voice callee(media::Party::Callee, codec::CodecId::Pcma, 2);
    for (int step = 0; step < 500; ++step) {
      if (pause && step == 150) active.pause();
      if (pause && step == 350) active.resume();
      store.clock.advance(std::chrono::milliseconds(20));
      caller.speak(active, store.clock.now());
      callee.speak(active, store.clock.now());
      (void)active.write(store.clock.now());
    }
    active.stop();
    (void)active.write(store.clock.now());
    EXPECT_TRUE((*blob)->append(disk->bytes));
    EXPECT_TRUE((*blob)->close());
    row.ended = store.clock.wall();
    row.seconds = pause ? 6 : 10;
    if (pause) row.pauses.push_back({3, 7});
    row.state = store::RecordingState::Ready;
    row.codec_info = "PCMU, PCMA";
    EXPECT_TRUE(store->recordings.update(row));

    store.clock.advance(std::chrono::seconds(1));
    out.call.ended = store.clock.wall();
    out.call.disposition = store::Disposition::Answered;
    out.call.hangup_side = store::HangupSide::Callee;
    out.call.hangup_cause = "normal clearing";
    out.call.sip_status = 200;
    out.call.billed_s = 14;
    store::CallLegRecord leg;
    leg.id = LegId::make();
    leg.party = "caller";
    leg.extension = ada.id;
    leg.remote_ip = "203.0.113.77";
    leg.sip_call_id = marker + "@203.0.113.77";
    leg.started = out.call.started;
    out.call.legs.push_back(leg);
    store::NewJob job{
        "transcribe", organisation, out.call.id, row.id, "{\"name\":\"" + marker + "\"}", row.id.text(), {}, 5};
    EXPECT_TRUE(store->calls.close(out.call, {job}));
    store::Transcript transcript{TranscriptId::make(), organisation, out.call.id, row.id, "test/1", "en", {}, {}};
    transcript.turns.push_back(
        {"caller", 0.5, 2.0, "The password is " + marker + " they said", 0.9, {{marker, 1.5, 2.0, 0.9}}});
    EXPECT_TRUE(store->transcripts.save(transcript));
    EXPECT_TRUE(store->transcripts.save(store::Analysis{AnalysisId::make(),
                                                        organisation,
                                                        out.call.id,
                                                        row.id,
                                                        "test/1",
                                                        1,
                                                        {},
                                                        "About " + marker,
                                                        "{\"summary\":\"" + marker + "\"}"}));
    return out;
  }
};

}  // namespace parley::privacy::fake

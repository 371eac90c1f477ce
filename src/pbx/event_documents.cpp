#include <algorithm>

#include <pbx/event_documents.hpp>
#include <sip/pidf.hpp>
#include <sip/reginfo.hpp>

namespace parley::pbx {
namespace {

/// RFC 4235: what calls the extension has.
class DialogDocument final : public EventDocument {
 public:
  DialogDocument(Shared& shared, ExtensionId extension, std::string entity)
      : shared_(shared), extension_(extension), teller_(std::move(entity)) {}
  bool differs(TimePoint) const override { return teller_.differs(shared_.events.dialogs(extension_)); }
  std::string tell(bool whole, TimePoint) override { return teller_.tell(shared_.events.dialogs(extension_), whole); }

 private:
  Shared& shared_;
  ExtensionId extension_;
  sip::DialogInfoTeller teller_;
};

/// RFC 3680: its contacts.
class RegDocument final : public EventDocument {
 public:
  RegDocument(Shared& shared, ExtensionId extension, std::string entity)
      : shared_(shared), extension_(extension), teller_(std::move(entity)) {}
  bool differs(TimePoint now) const override { return teller_.differs(contacts(now)); }
  std::string tell(bool, TimePoint now) override { return teller_.tell(contacts(now), now); }

 private:
  std::vector<sip::RegContact> contacts(TimePoint now) const {
    std::vector<sip::RegContact> out;
    for (const auto& binding : shared_.locations.of_extension(extension_, now))
      out.push_back({binding.device.text() + "-" + key_of(binding), binding.contact, binding.call_id, binding.cseq,
                     binding.expires, binding.q});
    std::ranges::sort(out, {}, &sip::RegContact::id);
    return out;
  }
  Shared& shared_;
  ExtensionId extension_;
  sip::ReginfoTeller teller_;
};

/// A document without versions: the text itself says whether it is new.
class PlainDocument : public EventDocument {
 public:
  bool differs(TimePoint now) const override { return text(now) != told_; }
  std::string tell(bool, TimePoint now) override { return told_ = text(now); }

 private:
  [[nodiscard]] virtual std::string text(TimePoint now) const = 0;
  std::string told_;
};

/// RFC 3856: first what the extension's telephones published, then what is known from registrations and calls.
class PresenceDocument final : public PlainDocument {
 public:
  PresenceDocument(Shared& shared, ExtensionId extension, std::string entity)
      : shared_(shared), extension_(extension), entity_(std::move(entity)) {}

 private:
  std::string text(TimePoint now) const override {
    sip::Presence out;
    out.entity = entity_;
    std::size_t number = 0;
    for (auto& published : shared_.publications.of(extension_, now)) {
      ++number;
      for (auto& tuple : published.tuples) {
        tuple.id = "p" + std::to_string(number) + "-" + tuple.id;  // unique over all of them
        out.tuples.push_back(std::move(tuple));
      }
      std::ranges::move(published.notes, std::back_inserter(out.notes));
      for (auto& activity : published.activities) add(out, std::move(activity));
    }
    const bool reachable = !shared_.locations.of_extension(extension_, now).empty();
    out.tuples.push_back({"registered", reachable, reachable ? entity_ : std::string(), {}});
    const auto dialogs = shared_.events.dialogs(extension_);
    if (std::ranges::find(dialogs, sip::DialogInfoState::Confirmed, &sip::DialogInfo::state) != dialogs.end())
      add(out, "on-the-phone");
    return sip::write_pidf(out);
  }
  static void add(sip::Presence& out, std::string activity) {
    if (std::ranges::find(out.activities, activity) == out.activities.end())
      out.activities.push_back(std::move(activity));
  }
  Shared& shared_;
  ExtensionId extension_;
  std::string entity_;
};

/// RFC 3842. There is no mailbox that a message could lie in.
class MessageSummaryDocument final : public PlainDocument {
 public:
  explicit MessageSummaryDocument(std::string entity) : entity_(std::move(entity)) {}

 private:
  std::string text(TimePoint) const override { return "Messages-Waiting: no\r\nMessage-Account: " + entity_ + "\r\n"; }
  std::string entity_;
};

}  // namespace

std::unique_ptr<EventDocument> make_event_document(EventPackage package, Shared& shared, ExtensionId extension,
                                                   std::string entity) {
  switch (package) {
    case EventPackage::Dialog: return std::make_unique<DialogDocument>(shared, extension, std::move(entity));
    case EventPackage::Reg: return std::make_unique<RegDocument>(shared, extension, std::move(entity));
    case EventPackage::Presence: return std::make_unique<PresenceDocument>(shared, extension, std::move(entity));
    case EventPackage::MessageSummary: break;
  }
  return std::make_unique<MessageSummaryDocument>(std::move(entity));
}

}  // namespace parley::pbx

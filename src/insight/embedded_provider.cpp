#include <insight/commitments.hpp>
#include <insight/conversation.hpp>
#include <insight/entities.hpp>
#include <insight/provider.hpp>
#include <insight/sentiment.hpp>
#include <insight/summary.hpp>
#include <insight/talk.hpp>
#include <insight/topics.hpp>

namespace parley::insight {
namespace {

class EmbeddedProvider final : public AnalysisProvider {
 public:
  [[nodiscard]] std::string_view name() const override { return "embedded/1"; }

  [[nodiscard]] Result<Analysis> analyse(const speech::Transcript& transcript) override {
    const Conversation conversation(transcript);
    const PartyNames names = party_names(conversation);
    Analysis out;
    out.engine = name();
    out.language = transcript.language;
    out.action_items = action_items_of(conversation, names);
    out.summary = summary_of(conversation, out.action_items);
    out.sentiment = sentiment_of(conversation);
    out.talk = talk_of(transcript);
    out.entities = entities_of(conversation);
    out.topics = topics_of(conversation, out.entities);
    return out;
  }
};

}  // namespace

std::unique_ptr<AnalysisProvider> make_embedded_provider() { return std::make_unique<EmbeddedProvider>(); }

}  // namespace parley::insight

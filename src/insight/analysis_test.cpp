#include <algorithm>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <insight/provider.hpp>
#include <insight/test_conversations.hpp>

namespace parley::insight {
namespace {

namespace json = boost::json;
using speech::Transcript;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr auto kCaller = Speaker::Caller;
constexpr auto kCallee = Speaker::Callee;

Analysis analysed(const Transcript& transcript) {
  auto out = make_embedded_provider()->analyse(transcript);
  EXPECT_TRUE(out);
  return out ? std::move(*out) : Analysis{};
}

std::vector<const Claim*> claims_of(const Analysis& analysis) {
  std::vector<const Claim*> out;
  for (const auto* slot :
       {&analysis.summary.problem, &analysis.summary.action, &analysis.summary.outcome, &analysis.summary.next_step})
    if (*slot) out.push_back(&**slot);
  for (const auto& item : analysis.action_items) out.push_back(&item.claim);
  for (const auto& topic : analysis.topics) out.push_back(&topic.claim);
  for (const auto& entity : analysis.entities) out.push_back(&entity.claim);
  return out;
}

std::vector<std::pair<std::string, std::string>> entities(const Analysis& analysis) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& entity : analysis.entities) out.emplace_back(to_string(entity.kind), entity.text);
  return out;
}

/// Every claim stands on literal quotes at times inside their turns.
void expect_sound(const Analysis& analysis, const Transcript& transcript) {
  for (const Claim* claim : claims_of(analysis)) {
    EXPECT_FALSE(claim->text.empty());
    EXPECT_GT(claim->confidence, 0);
    EXPECT_LE(claim->confidence, 1);
    ASSERT_FALSE(claim->evidence.empty()) << claim->text;
    for (const Evidence& evidence : claim->evidence) {
      ASSERT_LT(evidence.turn, transcript.turns.size());
      const auto& turn = transcript.turns[evidence.turn];
      EXPECT_NE(turn.text.find(evidence.quote), std::string::npos) << evidence.quote;
      EXPECT_FALSE(evidence.quote.empty());
      EXPECT_GE(evidence.start_s, turn.start_s);
      EXPECT_LE(evidence.end_s, turn.end_s + 1e-6);
      EXPECT_LE(evidence.start_s, evidence.end_s);
    }
  }
}

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> out;
  std::string word;
  for (const char c : text + " ") {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
      word += small;
    else if (!word.empty())
      out.insert(std::exchange(word, {}));
  }
  return out;
}

TEST(Analysis, FindsTheFactsOfTheDemoCall) {
  const Transcript call = demo_call();
  const Analysis analysis = analysed(call);
  ASSERT_TRUE(analysis.summary.problem);
  EXPECT_THAT(analysis.summary.problem->text, HasSubstr("furnace stopped working"));
  EXPECT_EQ(analysis.summary.problem->evidence[0].turn, 1U);
  ASSERT_TRUE(analysis.summary.action);
  EXPECT_THAT(analysis.summary.action->text, HasSubstr("technician"));
  ASSERT_TRUE(analysis.summary.outcome);
  EXPECT_THAT(analysis.summary.outcome->text, HasSubstr("tomorrow between eight and ten"));
  ASSERT_TRUE(analysis.summary.next_step);
  const auto found = entities(analysis);
  EXPECT_THAT(found, Contains(Pair("person", "Laura Bennett")));
  EXPECT_THAT(found, Contains(Pair("person", "Daniel")));
  EXPECT_THAT(found, Contains(Pair("person", "Kevin")));
  EXPECT_THAT(found, Contains(Pair("number", "415 555 0142")));
  EXPECT_THAT(found, Contains(Pair("money", "$129")));
  EXPECT_THAT(found, Contains(Pair("money", "$85")));
  EXPECT_THAT(found, Contains(Pair("email", "laura@example.com")));
  EXPECT_THAT(found, Contains(Pair("address", "27 Maple Street")));
  EXPECT_THAT(found, Contains(Pair("date", "Thursday morning")));
  EXPECT_THAT(found, Contains(Pair("time", "9:30")));
  EXPECT_THAT(found, Contains(Pair("organisation", "Brightwater Plumbing and Heating")));
  expect_sound(analysis, call);
}

TEST(Analysis, FindsWhoPromisedWhatByWhenInTheDemoCall) {
  const Analysis analysis = analysed(demo_call());
  const auto item = [&](std::string_view word) {
    return std::ranges::find_if(analysis.action_items,
                                [&](const ActionItem& i) { return i.what.find(word) != std::string::npos; });
  };
  const auto invoice = item("invoice");
  ASSERT_NE(invoice, analysis.action_items.end());
  EXPECT_EQ(invoice->who, "Daniel");
  EXPECT_EQ(invoice->when, "this afternoon");
  EXPECT_GE(invoice->claim.evidence.size(), 2U);  // the promise, the name, the request
  const auto visit = item("come");
  ASSERT_NE(visit, analysis.action_items.end());
  EXPECT_EQ(visit->who, "Kevin");
  EXPECT_EQ(visit->when, "tomorrow between 8 and 10");
  EXPECT_NE(item("heaters"), analysis.action_items.end());
  EXPECT_LE(analysis.action_items.size(), 5U);
}

TEST(Analysis, FollowsTheFeelingsOfTheDemoCall) {
  const Analysis analysis = analysed(demo_call());
  const auto& line = analysis.sentiment.timeline;
  ASSERT_EQ(line.size(), demo_call().turns.size());
  EXPECT_LT(line[1].score, -0.5);  // upset about a repair that did not last
  EXPECT_GT(line[17].score, 0.5);  // thankful at the end
  EXPECT_LT(analysis.sentiment.caller, analysis.sentiment.callee);
}

TEST(Analysis, MeasuresTheTalkOfTheDemoCall) {
  const Talk talk = analysed(demo_call()).talk;
  EXPECT_NEAR(talk.caller_ratio + talk.callee_ratio, 1, 1e-9);
  EXPECT_GT(talk.callee_s, talk.caller_s);
  EXPECT_GT(talk.silence_s, 1);
  ASSERT_EQ(talk.interruptions.size(), 1U);
  EXPECT_EQ(talk.interruptions[0].by, kCaller);
  ASSERT_TRUE(talk.longest_monologue);
  EXPECT_EQ(talk.longest_monologue->speaker, kCallee);
}

TEST(Analysis, SummaryWordsAreWordsThatWereSaid) {
  const Transcript call = demo_call();
  const Analysis analysis = analysed(call);
  for (const auto* slot : {&analysis.summary.problem, &analysis.summary.action, &analysis.summary.outcome}) {
    std::string said;
    for (const Evidence& evidence : (*slot)->evidence) said += evidence.quote + ' ';
    const auto known = words_of(said);
    for (const std::string& word : words_of((*slot)->text)) EXPECT_TRUE(known.contains(word)) << word;
  }
  for (const ActionItem& item : analysis.action_items) {
    std::string said = "will ";
    for (const Evidence& evidence : item.claim.evidence) said += evidence.quote + ' ';
    const auto known = words_of(said);
    for (const std::string& word : words_of(item.claim.text))
      EXPECT_TRUE(known.contains(word)) << item.claim.text << ": " << word;
  }
}

TEST(Analysis, UnderstandsABillingComplaint) {
  const Transcript call =
      conversation({{kCallee, "Good morning, this is Susan from Metro Electric Company, how may I help?"},
                    {kCaller,
                     "Hello. I'm calling about my bill. I was overcharged by forty five dollars and fifty cents, and "
                     "this is ridiculous."},
                    {kCallee, "I am sorry about that. May I have your account number?"},
                    {kCaller, "It is eight zero zero, double five, one two three four."},
                    {kCallee, "Thank you. I've checked your account and there was a wrong meter reading in March."},
                    {kCaller, "So when will I get my money back? I have been waiting for three weeks."},
                    {kCallee,
                     "The amount will be refunded. I'll send the refund by Friday, and you need to send us a photo of "
                     "your meter next week."},
                    {kCaller, "Okay, I'll email the photo on Monday morning. Thanks for your help."}});
  const Analysis analysis = analysed(call);
  ASSERT_TRUE(analysis.summary.problem);
  EXPECT_EQ(analysis.summary.problem->evidence[0].turn, 1U);
  const auto found = entities(analysis);
  EXPECT_THAT(found, Contains(Pair("money", "$45.50")));
  EXPECT_THAT(found, Contains(Pair("number", "800 55 1234")));
  EXPECT_THAT(found, Contains(Pair("person", "Susan")));
  EXPECT_THAT(found, Contains(Pair("organisation", "Metro Electric Company")));
  std::map<std::string, std::string> promised;
  for (const ActionItem& item : analysis.action_items) promised[item.who + ": " + item.what] = item.when.value_or("-");
  EXPECT_EQ(promised["Susan: send the refund by Friday"], "Friday");
  EXPECT_EQ(promised["caller: email the photo on Monday morning"], "Monday morning");
  EXPECT_LT(analysis.sentiment.caller, 0);
  expect_sound(analysis, call);
}

TEST(Analysis, MakesNoPromiseOfIdleTalk) {
  const Transcript call =
      conversation({{kCallee, "Let me check. I'll be honest with you, I'll see. I'll say it again."},
                    {kCaller, "Can you tell me the price? Could you hold on? Will you help me?"},
                    {kCallee, "Sure, of course. I will not do that."},
                    {kCaller, "This is ridiculous. I'm sorry, this is terrible."}});
  const Analysis analysis = analysed(call);
  EXPECT_TRUE(analysis.action_items.empty()) << analysis.action_items[0].claim.text;
  for (const auto& [kind, text] : entities(analysis)) EXPECT_NE(kind, "person") << text;
}

TEST(Analysis, CountsARequestOnlyWhenItIsAgreedTo) {
  const std::string request = "Could you mail me the warranty papers by Friday?";
  const auto agreed = analysed(conversation({{kCaller, request}, {kCallee, "Sure, no problem."}}));
  ASSERT_EQ(agreed.action_items.size(), 1U);
  EXPECT_EQ(agreed.action_items[0].who, "callee");
  EXPECT_EQ(agreed.action_items[0].when, "Friday");
  EXPECT_TRUE(
      analysed(conversation({{kCaller, request}, {kCallee, "No, that is not possible."}})).action_items.empty());
}

TEST(Analysis, HearsNegations) {
  const auto score = [](const std::string& text) { return analysed(conversation({{kCaller, text}})).sentiment.caller; };
  EXPECT_GT(score("The service was good."), 0);
  EXPECT_LT(score("The service was not good."), 0);
  EXPECT_LT(score("I'm not happy with it."), 0);
  EXPECT_GT(score("It is not a problem."), 0);
  EXPECT_GT(score("That is very good."), score("That is good."));
  EXPECT_EQ(score("The number is seven."), 0);
}

TEST(Analysis, IsTheSameEveryTime) { EXPECT_EQ(to_json(analysed(demo_call())), to_json(analysed(demo_call()))); }

TEST(Analysis, WritesTheDocumentOfTheApi) {
  const json::value root = json::parse(to_json(analysed(demo_call())));
  for (const char* name : {"engine", "language", "summary", "action_items", "sentiment", "talk", "topics", "entities"})
    EXPECT_TRUE(root.as_object().contains(name)) << name;
  EXPECT_EQ(root.at("engine").as_string(), "embedded/1");
  EXPECT_TRUE(root.at("summary").at("problem").at("evidence").at(0).at("quote").is_string());
  EXPECT_TRUE(root.at("sentiment").at("by_speaker").at("caller").is_number());
  EXPECT_TRUE(root.at("talk").at("ratio").at("callee").is_number());
  EXPECT_TRUE(root.at("talk").at("longest_monologue").at("start_s").is_number());
}

TEST(Analysis, SaysNothingOfNothing) {
  for (const Transcript& call :
       {Transcript{"x", "en", 0, {}}, conversation({{kCaller, ""}}), conversation({{kCaller, " . ! ?? ,"}})}) {
    const Analysis analysis = analysed(call);
    EXPECT_TRUE(claims_of(analysis).empty());
    EXPECT_EQ(headline(analysis), "");
    EXPECT_TRUE(json::parse(to_json(analysis)).at("summary").at("problem").is_null());
  }
}

TEST(Analysis, BearsOddInput) {
  Transcript odd = conversation(
      {{kCaller,
        "\xFF\xFE \xE2\x82 $ $$ @ @@ a@ @b.c 'tis ''' - -- 9999999999999999999999 $999999999999999999 12:99 31:7"},
       {kCallee, std::string(5000, 'a')},
       {kCaller, "hundred thousand hundred and and between between and five to double triple double oh oh oh"},
       {kCallee, "my name is this is I'm I'll will please could you at at dot dot com"}});
  odd.turns[1].start_s = 1e308;
  odd.turns[1].end_s = -1e308;
  odd.turns[2].words.resize(1);
  const Analysis analysis = analysed(odd);
  EXPECT_FALSE(to_json(analysis).empty());
}

TEST(Analysis, StaysSmallAndQuickOnAHugeCall) {
  std::vector<std::pair<Speaker, std::string>> lines;
  for (int i = 0; i < 20'000; ++i)
    lines.emplace_back(i % 2 == 0 ? kCaller : kCallee, "I'll send invoice number " + std::to_string(i) +
                                                           " to Mr Smithers" + std::to_string(i) + " tomorrow, word" +
                                                           std::to_string(i) + " problem.");
  std::string endless;
  for (int i = 0; i < 100'000; ++i) endless += "and then ";
  lines.emplace_back(kCaller, endless);
  const Analysis analysis = analysed(conversation(lines));
  EXPECT_LE(analysis.action_items.size(), 20U);
  EXPECT_LE(analysis.entities.size(), 100U);
  EXPECT_LE(analysis.topics.size(), 6U);
  EXPECT_LE(analysis.sentiment.timeline.size(), 401U);
  EXPECT_LT(to_json(analysis).size(), 300'000U);
}

}  // namespace
}  // namespace parley::insight

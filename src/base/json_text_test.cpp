#include <cmath>
#include <limits>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <base/json_text.hpp>

namespace parley {
namespace {

namespace json = boost::json;

TEST(JsonText, WritesNumbersAsPeopleDo) {
  const std::pair<double, const char*> cases[] = {
      {0.94, "0.94"},     {5.0, "5"},          {-0.5, "-0.5"},           {0, "0"},
      {61.2, "61.2"},     {0.001, "0.001"},    {123456.75, "123456.75"}, {100000.0, "100000"},
      {1e-6, "0.000001"}, {2.5e-7, "2.5e-07"}, {1e300, "1e+300"},        {1.0 / 3, "0.3333333333333333"}};
  for (const auto& [number, text] : cases) {
    EXPECT_EQ(json_text(number), text);
    EXPECT_EQ(json::parse(json_text(number)).to_number<double>(), number) << text;
  }
  EXPECT_EQ(json_text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json_text(std::nan("")), "null");
  EXPECT_EQ(json_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(json_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(JsonText, IsOtherwiseWhatBoostWrites) {
  for (const char* text : {R"({"a":[1,-2,true,false,null,"x"],"b":{},"c":[]})",
                           R"("\"\\\b\f\n\r\t\u0001\u001f\u007f/é😀")", R"([[],[[]],{"":""}])"}) {
    const auto value = json::parse(text);
    EXPECT_EQ(json_text(value), json::serialize(value));
  }
}

}  // namespace
}  // namespace parley

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <store/blobs.hpp>
#include <store/journal.hpp>
#include <store/page.hpp>
#include <store/text.hpp>

namespace parley::store {
namespace {

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("parley_files_" + system_random().token(12));
    std::filesystem::create_directory(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

TEST_F(FilesTest, BlobsComeBackAndAreRemovedForGood) {
  BlobStore blobs(folder / "blobs");
  auto writer = *blobs.create();
  ASSERT_TRUE(writer->append(as_bytes("first ")));
  ASSERT_TRUE(writer->append(as_bytes("second")));
  ASSERT_TRUE(writer->close());
  const std::string id = writer->id();
  EXPECT_EQ(as_text(*blobs.read(id)), "first second");
  EXPECT_EQ(*blobs.size(id), 12U);
  EXPECT_EQ(*blobs.list(), std::vector{id});
  EXPECT_EQ(std::filesystem::status(*blobs.path(id)).permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
  EXPECT_GT(*blobs.free_bytes(), 0U);
  const auto link = folder / "second_name";  // keeps the bytes reachable after unlink
  std::filesystem::create_hard_link(*blobs.path(id), link);
  ASSERT_TRUE(blobs.remove(id));
  EXPECT_TRUE(blobs.remove(id));
  EXPECT_FALSE(blobs.exists(id));
  std::string left(12, 'x');
  std::ifstream(link).read(left.data(), 12);
  EXPECT_EQ(left, std::string(12, '\0'));
}

TEST_F(FilesTest, BlobIdsAreOnlyThoseThatWereMade) {
  BlobStore blobs(folder / "blobs");
  for (const char* id :
       {"", "../../etc/passwd", "ABCDEF00112233445566778899aabbcc", "00112233445566778899aabbccddee"}) {
    EXPECT_EQ(blobs.read(id).error().code, Errc::Invalid) << id;
    EXPECT_EQ(blobs.remove(id).error().code, Errc::Invalid) << id;
  }
  EXPECT_EQ(blobs.read("00112233445566778899aabbccddeeff").error().code, Errc::NotFound);
  EXPECT_TRUE(blobs.list()->empty());
}

TEST_F(FilesTest, AFullDiskCutsTheTornFrameOffAndIsAnError) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  BlobStore blobs(folder / "blobs");
  auto writer = *blobs.create();
  const rlimit small{10'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  Result<void> result;
  while ((result = writer->append(Bytes(3000, 'x')))) {
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(result.error().code, Errc::Full);
  EXPECT_EQ(writer->size(), 9000U);
  EXPECT_EQ(*blobs.size(writer->id()), 9000U);
  EXPECT_TRUE(writer->append(Bytes(3000, 'x')));  // space is back
}

std::vector<std::string> drain(Journal& journal) {
  std::vector<std::string> out;
  EXPECT_TRUE(journal.drain([&](BytesView record) -> Result<void> {
    out.emplace_back(as_text(record));
    return {};
  }));
  return out;
}

TEST_F(FilesTest, JournalKeepsRecordsInOrderOverARestart) {
  const auto path = folder / "journal";
  {
    auto journal = *Journal::open(path);
    for (const char* text : {"one", "two", ""}) ASSERT_TRUE(journal->append(as_bytes(text)));
  }
  auto journal = *Journal::open(path);
  EXPECT_EQ(journal->waiting(), 3U);
  EXPECT_EQ(drain(*journal), (std::vector<std::string>{"one", "two", ""}));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
  ASSERT_TRUE(journal->append(as_bytes("three")));
  journal = *Journal::open(path);
  EXPECT_EQ(drain(*journal), std::vector<std::string>{"three"});
}

TEST_F(FilesTest, JournalThatCannotBeDrainedKeepsEverything) {
  auto journal = *Journal::open(folder / "journal");
  ASSERT_TRUE(journal->append(as_bytes("one")));
  ASSERT_TRUE(journal->append(as_bytes("two")));
  int calls = 0;
  EXPECT_FALSE(journal->drain([&](BytesView) -> Result<void> {
    return ++calls == 2 ? Result<void>(fail(Errc::Unavailable, "away")) : Result<void>{};
  }));
  EXPECT_EQ(journal->waiting(), 2U);
  EXPECT_EQ(drain(*journal).size(), 2U);
}

TEST_F(FilesTest, JournalTakesARecordWhileItIsDrained) {
  auto journal = *Journal::open(folder / "journal");
  ASSERT_TRUE(journal->append(as_bytes("one")));
  std::vector<std::string> seen;
  ASSERT_TRUE(journal->drain([&](BytesView record) -> Result<void> {
    if (seen.empty()) EXPECT_TRUE(journal->append(as_bytes("two")));
    seen.emplace_back(as_text(record));
    return {};
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(journal->waiting(), 0U);
}

TEST_F(FilesTest, JournalTornAtAnyOctetKeepsAllWholeRecords) {
  const auto path = folder / "journal";
  {
    auto journal = *Journal::open(path);
    ASSERT_TRUE(journal->append(as_bytes("first record")));
    ASSERT_TRUE(journal->append(as_bytes("second record")));
  }
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const std::size_t first_end = 8 + 12 + 12 + 8;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    auto journal = Journal::open(path);
    ASSERT_TRUE(journal) << size;
    EXPECT_EQ((*journal)->waiting(), size == whole.size() ? 2U : size >= first_end ? 1U : 0U) << size;
    ASSERT_TRUE((*journal)->append(as_bytes("next")));
    EXPECT_EQ(drain(**journal).back(), "next");
  }
}

TEST_F(FilesTest, JournalDamagedBeforeItsEndIsRefusedAndLeftAlone) {
  const auto path = folder / "journal";
  {
    auto journal = *Journal::open(path);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(as_bytes("some record")));
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(25);
    file << '!';
  }
  const auto size = std::filesystem::file_size(path);
  EXPECT_EQ(Journal::open(path).error().code, Errc::Corrupt);
  EXPECT_EQ(std::filesystem::file_size(path), size);
  std::ofstream(path, std::ios::trunc) << "something else entirely";
  EXPECT_EQ(Journal::open(path).error().code, Errc::Corrupt);
}

TEST(TextTest, WordsAndNumbersHaveOneForm) {
  EXPECT_EQ(words_of("Don't call  Zürich, don't! a x1"), (std::vector<std::string>{"call", "don't", "x1", "zürich"}));
  EXPECT_TRUE(words_of(std::string(100, 'a')).empty());
  EXPECT_EQ(number_of("+1 (415) 555-0123"), "14155550123");
  EXPECT_EQ(number_of("sip:101@example.com"), "101");
  EXPECT_EQ(number_of("sip:Ada@example.com"), "ada");
  EXPECT_EQ(number_forms("+14155550123"), (std::vector<std::string>{"14155550123", "0123", "5550123", "4155550123"}));
  EXPECT_TRUE(number_forms("").empty());
}

TEST(CursorTest, ReadsOnlyWhatItWrote) {
  const Cursor cursor{WallTime(std::chrono::milliseconds(1'800'000'000'123)), CallId::make().uuid};
  const auto again = Cursor::parse(cursor.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->time, cursor.time);
  EXPECT_EQ(again->id, cursor.id);
  EXPECT_FALSE(Cursor::parse(""));
  EXPECT_FALSE(Cursor::parse(cursor.text() + "="));
  EXPECT_FALSE(Cursor::parse(cursor.text().substr(1)));
  EXPECT_FALSE(Cursor::parse(to_base64url(Bytes(25, 0xff))));
  EXPECT_FALSE(Cursor::parse(std::string(10'000, 'A')));
}

}  // namespace
}  // namespace parley::store

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include <insight/common_words.hpp>

namespace parley::insight {
namespace {

// Said all the time since, but not in those books: our own list, before and after theirs.
constexpr std::string_view kFillers =
    "yeah okay ok hi um uh hmm gonna wanna gotta kinda alright wow bye guys mom dad folks anymore";
constexpr std::string_view kThings = R"(
phone phones computer laptop internet online website email emails text texted tv video app password account contact
weekend happening totally amazing weird awesome relax issue issues update area team security relationship
)";

// Spoken English, most frequent word first: counted by tools/common-words over what persons say in novels and plays of
// the public domain (authors who died before 1955; editions of Standard Ebooks, CC0 1.0). See there before changing it.
constexpr std::string_view kWords = R"(
i you the to and a of it that in me is for but have be he all do was what my if with on not as know so this at we your
no are well him about they up out like see get go there she oh now her one think just can when here or will want come
how had been good why got his an going right some did any say tell yes would them from never then man by time could
little more who way over make much too very were take only has old down us look back am must thing let where thought
than anything people things said something other ever give two better course day before away into after because mean
off our sure first these nothing might last should night may told long work enough put suppose again really such girl
keep money their mind place made always myself find life those every call matter home great young done shall own came
believe even house most dear feel once love care another years world men ask talk three hear which quite big name help
knew everything went live yourself while wanted kind try seen heard does poor glad boy afraid next used ought through
else remember gone bad room best pretty same doing year many wish lot saw show morning please nice without rather
still being sir sort says leave coming stand ago certainly run yet found whole business trouble friend hard sorry use
fine soon knows few sit hundred woman days makes real bit thinking father understand till word took getting bring hope
fellow though left wants alone mother wait perhaps stop along week half under five mine minute comes tomorrow seem
play stay four eyes both looking trying since wonder anybody wrong send need pay asked today ten lady rest having
seems making tonight almost beautiful fool head guess married maybe start dinner end except eat chance turn looks
himself tried talking sleep against together bed friends living country yours met speak door women often times
sometimes everybody hold meet afternoon goes hand happened each cold around far funny idea able town evening expect
set face marry heart nobody called whether listen hurt happen full wife girls true walk change six different family
side until gave happy write taking dead anyone lost cut easy thank brought drink part looked worth person small
telling feet saying read somewhere near forget children exactly gets tired taken sent minutes less clothes already
fact hands wonderful water its hour felt somebody besides buy whatever unless light goodbye least between deal either
dress ah answer strong thousand begin known sick party round straight longer hot street quiet means fair plenty quick
awful waiting case lie worry late present instead fun wear hurry move order truth across child moment reason dollars
anywhere silly month worse line white herself job weeks yesterday second ready paper imagine thinks stuff upon mistake
story fifty careful probably fit simply takes worked city save kept certain learn drop shut break outside started
death die expected notice bet talked devil road others given trust throw watch neither close hate eight short open
gentleman excuse dance summer sense breakfast cost mad perfectly bought nearly sell working awfully drive sound months
lovely beat behind fire ones spring air someone none bother carry turned husband fight words blue spend gentlemen
gives black lots train sister seven sight indeed beg corner fall supper become possible playing pass company eh hotel
honest difference feeling state among safe clear couple book earth eye son born hardly pull regular game high alive
rich pick giving secret hit sitting thanks position whenever themselves car later twelve nor meant suit forgot cannot
letter pleasure miles upstairs twenty willing boys lose question however promised liked interesting lay early common
kill important free afford lived keeps dog front wild dark fast chair hello mouth green seemed church luck table catch
touch soul killed ran consider attention sake stopped perfect simple speaking books surprised beginning clean rooms
lunch hours large putting leaving lives voice grand art terrible sounds inside draw ways class interest interested
doctor proud step fancy paid nonsense clever busy running twice baby strange possibly music fellows point asking
passed promise forgotten advice station natural follow human happens cheap doubt smoke began low foolish act ourselves
died floor past red kiss seeing warm pleasant places enjoy written ladies everyone crazy loved wrote dry school laugh
curious standing anyhow likes nine stick beauty also walking ring brother harm writing sat likely rule worst bunch
papers glass particular daughter crowd serious duty eleven club dare park strike flowers number several plays cousin
experience lucky heaven sees above ha happiness ashamed hat middle rain letters whom strength account nervous ideas
naturally spoke anyway fault food slip hair beyond forever bear success office deep nose land necessary decided
somehow gold swear top wondering asleep sweet whose body stage picture sold belong especially keeping count stupid
society tea pardon hang ride stuck style sign single plain future needs fresh power shop caught instance forgive
supposed nature noticed spirit stories broke age comfortable absolutely learned bright horse settle hall anxious third
study sad drunk tells private shoes engaged manage pair thirty nights cry showed pictures social practice decent
played usually join worried fix public respect waste settled coffee build object dearest coat changed dozen frightened
queer ahead parties dressed fifteen wise feels shame service finished pulled entirely winter stood waited miserable
smell during dropped runs kindly admit jump war handsome plan lying held fat character goin soft blow judge ground
belongs song arms quarter everywhere names reading pity suddenly cover within tied personal laughed row helped mighty
cross allow figure walked fish charge poetry wanting shows blame fell knowledge trade flat claim college trick stands
broken agree pretend badly form finding imagination works teach size bound knock mention general race sing surely
rules spent particularly share brains dirty lately dreadful decide realize wall carried leaves shape folks sharp
downstairs picked splendid box wet piece explain usual sea thoughts trees captain amount credit million moral forty
calling window below easily forward return training questions smart view pleased track building penny darling
afterwards angry bank driving finish listening finally match cook fear biggest address eighteen calls affair concerned
square subject manner wake heavens kitchen rotten itself sorts note greatest rough drove prefer weak neck saved
farther houses grown wearing brings treated satisfied cheer laid bird force sudden lead pride introduce win fly law
police choose rate affairs afterward pieces owe letting popular offer laughing obliged minds impossible earn weather
wedding exercise built dust sixty lonely jolly difficult special horrible education season accident dream income
toward shake threw watching river opportunity nerve health taste reach heads grow scene altogether blood throat prove
cat raise telephone enjoyed pocket conversation merely quit families rush ate bread older shot complete starting kid
stayed ugly gray control scared meeting chap dollar yellow mere proper talks cents sits thousands brain fixed card
cards de honestly tip matters marriage struck milk machine price loving joke newspaper lies court worrying offered
example purpose servants upset garden color board finds intend mistaken spoil knowing staying smoking dull grass
selfish desire strain needed wide cares points assure tear won falling fond mixed ye lock properly bottle named
wondered excited depend stock boat ship woods windows rent visit practically discuss literary innocent turning led
handle travel trip dying dangerous gas pale bath heavy birds learning bored remarkable believed arm vulgar mark rose
friendly mile feelings huh sixteen system understood accept bridge store value missed loves steps marrying wicked
moving shirt fail hungry interfere science ear remembered situation spoiled treat welcome singing actually advantage
begun legs liberty department passing silk bore silver cause original brave ball phone lesson jealous sun prevent
ordered pink crying rude dancing lines wind cool opinion acting doctors holding swell hearing idiot further terms beer
swim higher maid invited key slightest lower bottom respectable showing selling cases guy covered village bringing
beside sensible habit mostly foot finest genius stranger followed dances tie goodness mentioned furniture hole nothin
edge bell wash breaking orders wished locked date brown advise drinking wherever hey chase pure professional coward
deuce beautifully begins managed failure cheerful artistic terribly courage ours expression spite seriously tall
filled double cars wire finger depends honey pounds streets bless dresses awake fill absurd steady thrown slow parents
advantages patient faith tough push dogs loud yourselves fingers mercy sport check ill effect regard allowed list
unhappy fortune rare fuss golden material helpless hired serve hated taught expensive rid trial joking manager seat
steal cared collar bite carrying hers history president gee clerk wood parts kids reasonable escape ears growing thin
plans joy field pray discovered waiter tries confess crime interests generous darn hung spare strangers knocked
excitement cigar blessed doors saving failed paint refuse extra unfortunately peculiar fairly salary careless percent
ordinary noble ridiculous souls bones driver younger desk acted rise delighted seventeen solid test influence spirits
guys frighten market polite circumstances army wives youth precious stopping strikes choice engagement scientific
problem responsibility famous admire wasted generation chuck aw ice literature cent teeth moon practical feed servant
arrange gay trunk sober paying invite nearer modern lights lazy pain stiff mail falls reasons personally became fella
hates superior content hospital hill easier troubles appreciate appear buying nowadays mental suits sooner closed
suicide successful foreign oil earnest punch speech favor using bedroom local fits cigarettes mysterious carefully
comfort suggest spoken rights officer broad skin sympathy lad intellectual asks reached scarcely responsible
sentimental becomes lawyer grateful cigarette stars figures classes honor kinds factory sticks beaten changing agreed
support artist cried audience level moved mess evenings absolute eating frankly odd faces lift kindness nicer property
profession proposition facts gang tight protect message understanding avoid downtown truly news brick express opera
firm raised argument evil lips excellent wine blind charming sore kick stable romantic argue attack midnight hearts
band hunting shoot notion difficulty pound generally starts arranged snow noon monkey false horrid meat insisted
arrangement danger loose report smile bum ruined wit march drag completely relatives condition library cash salt
restaurant curiosity cake assistant writes drift camp la action taxi hide suffering bar riding wears forth expense
fourth belonged eats liquor shown lean starve cottage turns freedom temper risk tree drinks main chances loss handed
mountains notes jewels stomach tremendous kissed title opened policeman complain result meals conditions spread
manners confidence shore dig bigger union officers gettin fighting latest hanging opposite judgment circus horses due
headache cute yard remain thick boots advertising vacation justice talent stronger iron thou ghost fooling quality
block signs shoe grew seek beast capable slept lets intended pack fools piano jail grandfather cup wealth utterly
whisky theory career master ass impression healthy motor positive bein movies profit spot plant chairs wages quickly
liar noise pays stairs pretending secretary following language cousins creature believes tears changes helping
hundreds lack shock politics helps surprise queen mass charm expects apartment seats millions gift clubs papa fallen
refused extraordinary fever brute capital connection dared stir dreadfully actor delightful poverty useless spending
forced puts touched tastes gotten comin advance egg warn behave ends produce heat lick painted lend slipped hoped
appearance comic hurts shoulder energy lecture add chorus prices cynical battle cruel acts equal tongue hills meal
presume presents abroad gun peace precisely worn amuse claims convenient slave religious uh eggs ruin wore proof
hoping studied novels whoever thus musical stone nest shooting sneak bag leg deserted tail rock alike household
salesman watched partner hotels murder succeed cab sets nicest contrary wheel otherwise conceited golf lessons romance
permit curtain journey sticking schools guide fired religion animal accounts inn lover joint entire decency poem
prepared ignorant wings automobile various period straighten sending earlier grief visitors favorite nowhere pin
physical apart shy offended immediately deserve humble bills glory agent drawing dash print borrow creatures fully
relations knees grant idle bits missus tobacco experiment fourteen amusing talkin average sisters owns considered type
tricks press frightfully star cure contract partly expenses speed permission philosophy mud proved palace divorce
killing gloomy novel bang empty tone prosperous desires raw ticket orchestra arts mothers member intelligent nurse
dandy railroad succeeded tickets quietly neat missing dirt stays satisfy decision principal suggested educated losing
rot laying dressing whistle shoulders jam um cheese provide becoming sentence entered objection narrow weight madam
mister clock license newspapers pig answered according details introduced performance uniform danced enormous slang
harder therefore royal magnificent estate pleases explained bachelor limit branch daddy chief butler issue apply
scream animals supposing peach owner cream thoroughly cleared grave rushed effort stroke correct tend disturb
committed gimme ambitious disturbed insist describe opening presently theatre happier figured cities tiresome
frequently sacrifice flower boss publicity ole attitude darkness furnish dreams produced valuable discover patch bride
patent poet oldest demand collection fetch tire series fishing remains onto disappointed lively mama den criminal
scheme nerves struggle blocks drug suffer coal aside sometime lookin towns meaning alcohol remind furious insult
caused arrived neglected burn attend breath drawn sounded drowned roses picking eighty congratulate useful wealthy
bowl mix explaining remark pressed yacht unable rats hi slight packed gossip presence duck tin conscience hint
political daily homes attractive soldier attempt dining envy sensitive pole sleeping bothered stops toes brothers
potatoes recognize obey method powers whiskey magazine received trained ease straw sweat sum angel tragedy suspicious
angels bacon snap farm fields cowardly slick pipe insane thy grasp steam soup roof commit persuaded chaps satisfactory
members self guns telegram habits pockets eternal babies sacred recently honorable exciting counts remarks thunder
crack pains receive takin occasion holes memory passion autumn inclined ideal accidents striking liable hire native
parlor progress electric dies information crooked appeal sleepy hush stuffed universal debt subjects washed butter
rising pointed belief although porch reform statement soldiers scandal champagne consideration idiotic stores shave
accustomed sayin lamb record walks millionaire foolishness sex merry wreck impressed nicely deeply authority trusted
pneumonia affection pen wound wandering independent bus unfortunate intention seeking secretly pet existence thirteen
bid towards banks throwing dine sane poison solemn bells rabbit breathe beach waitin problems sweetheart magazines
cooking bluff pool nineteen meantime bottles accepted dearie path government recommend buried invented repeat shadow
shouting occasionally column swing unfair instinct notions defend ability necessity guilty trousers faint brilliant
jumped rag nut bust bothering intelligence final keen wisdom guessed trail gate sheep diamonds guests millionaires
plate ages corn established district birthday mystery planning enemy deceive somewhat glorious cigars score wrapped
continue washing drew chasing familiar sin gather trap midst modest shining labor frame collars author pitcher flirt
jaw slippers entertain warned importance movie grocery served hidden worries storm acquaintance pose smooth inch calm
scenery smiling nevertheless interrupt persons powerful listened normal faster lit flying distance tiny prepare
lifetime sickness corners values appears writer socks leader realized marked princess tradition remembers dreamed
sports handkerchief offering garage goods evidently spiritual considering sew bearing reputation cocktails critical
folly cow bone unknown lungs writers sixth suspected bonds cast stove blows instrument extremely pour bureau meets
oblige steel circle positively tent ideals hats races ambition entrance madame picnic roads fortunate space costs sunk
mistakes copy differently promises faults climb outfit charity astonished studying fiction separate aloud endure
confused delicate seldom kidding propose wasting benefit temperament liberal indulge satisfaction happiest gloves woke
conduct detective breaks cocktail sells wretched coast starving sensation bow post guest chin barber hopeless refer
sandwich manly tore flock arguing hog lawyers tackle grab rub hears proves stare professors driven meanwhile stole
gracious skirt glasses dragged gutter joined castle stunts pop strictly thief beating reward visiting diamond admitted
compliment insurance prosperity compared invitation command pulling ladder page husbands
)";

using Ranks = std::unordered_map<std::string_view, std::size_t>;

Ranks read_ranks() {
  Ranks out;
  for (std::string_view rest : {kFillers, kWords, kThings}) {
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
      if (end > 0) out.emplace(rest.substr(0, end), out.size() + 1);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return out;
}

const Ranks& ranks() {
  static const Ranks known = read_ranks();
  return known;
}

}  // namespace

std::optional<std::size_t> frequency_rank(std::string_view word) {
  const auto found = ranks().find(word);
  return found == ranks().end() ? std::nullopt : std::optional(found->second);
}

double rarity(std::string_view word) {
  constexpr double kUnlisted = 5'000;
  const auto rank = frequency_rank(word);
  return std::log(rank ? static_cast<double>(*rank) : kUnlisted) / std::log(kUnlisted);
}

}  // namespace parley::insight

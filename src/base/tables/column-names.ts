/** The part that a column plays. */
export type Role =
  | 'user'
  | 'item'
  | 'rating'
  | 'quantity'
  | 'event'
  | 'timestamp'
  | 'title'
  | 'categories'
  | 'available'
  | 'rank'
  | 'score';

/**
 * Usual spellings of each role, letters and digits only, the most specific first: of several columns that fit, the
 * earliest spelling wins. Each list begins with what is plainly an id, such as `lineitemsku`, and ends with what serves
 * where nothing better is there, such as the name of a product. A plain `name` is a title and never an id: in order
 * exports it is the number of the order, which is nobody's id either.
 */
const SPELLINGS: Readonly<Record<Role, readonly string[]>> = {
  user: words(
    'userid user uid customerid email customeremail billingemail useremail buyeremail emailaddress billingemailaddress ' +
      'billingaddressemail emailbilling customer memberid member reviewerid visitorid accountid userkey username ' +
      // Analytics: the id of a device comes after that of a person.
      'usrid userpseudoid anonymousid domainuserid distinctid fullvisitorid clientid visitor deviceid ' +
      'customerkey customernumber customercode customerreference clientcode buyerid buyer shopperid purchaserid ' +
      'householdkey householdid personid profileid playerid steamid subscriberid listenerid readerid viewerid raterid ' +
      'msno usersha1 usersha reviewprofilename profilename reviewername reviewer nickname screenname login ' +
      'customername billingname sessionid',
  ),
  item: words(
    'itemid movieid bookid parentasin productid articleid trackid songid artistid gameid businessid videoid ' +
      'lineitemsku itemsku productsku variantsku stockcode productcode itemcode articlecode itemnumber productnumber ' +
      'articlenumber item movie book product iid sku asin isbn article track song artist ' +
      'recipeid animeid beerbeerid mangaid appid newsid beerid wineid jokeid albumid artistmbid artmbid filmid showid seriesid ' +
      'episodeid podcastid courseid jobid postid contentid documentid docid listingid restaurantid hotelid placeid ' +
      'venueid poiid locationid recordingid titleid offerid variantid goodsid skuid isbn13 tconst ean gtin upc barcode ' +
      'anime game film recipe lineitemname itemname productname producttitle gametitle gamename trackname songname ' +
      'artistname',
  ),
  rating: words(
    'rating score value stars weight overall ratingvalue bookrating userrating myrating userscore starrating ' +
      'reviewrating reviewscore reviewoverall overallrating preference label liked isliked isrecommended recommended',
  ),
  quantity: words(
    'playcount plays quantity qty count lineitemquantity qtyordered quantityordered orderedqty orderqty ' +
      'quantitypurchased itemquantity itemqty productquantity productqty units unitssold unitsordered playcounts ' +
      'totalplays listencount listens playtime playtimeforever hours hoursplayed watchratio watchtime playduration ' +
      'viewcount views clicks purchases times frequency counts amount',
  ),
  event: words(
    'event eventtype type action behavior eventname behaviortype behaviour behaviourtype interactiontype actiontype ' +
      'feedbacktype activitytype interaction activity',
  ),
  timestamp: words(
    'timestamp time ts datetime date unixtime unixreviewtime ratedat createdat eventtime eventtimestamp ' +
      'receivedat originaltimestamp derivedtstamp collectortstamp timestampcreated createdtime datecreated createddate ' +
      'created createdon orderdate orderedat ordertime ordercreatedat ordertimestamp purchasedate purchasedat ' +
      'purchasedon purchasetime paidat datepaid invoicedate transactiondate transactiondt transactiontime tdat saledate ' +
      'dateadded addedat ratingdate ratingtimestamp ratingtime reviewdate reviewtime reviewedat reviewtimestamp submitted ' +
      'playedat listenedat watchedat watchdate viewedat visitdate clickedat eventdate lastplayed updatedat dateupdated ' +
      'usagedate useddate',
  ),
  title: words(
    'title lineitemname name movietitle booktitle itemname itemtitle productname movie book producttitle prodname ' +
      'gametitle gamename appname songtitle trackname songname artistname albumname animename animetitle recipename ' +
      'businessname videotitle headline originaltitle primarytitle productdescription description',
  ),
  categories: words(
    'genres genre categories category tags tag class categoryname categorynames productcategory itemcategory ' +
      'maincategory producttype producttypename topcategory department departmentname topic topics subject subjects',
  ),
  available: words('available isavailable instock'),
  rank: words('rank ranking position place'),
  score: words('score prediction predictedrating predictedscore predicted relevance similarity probability rating'),
};

/** Columns that say which rows belong together, not whose they are. */
const BASKETS = words(
  'orderid ordernumber order invoiceno invoice invoiceid invoicenumber basketid transactionid cartid',
);

/**
 * The position of the column that plays a role, or -1. Case, separators and a RecBole type suffix do not matter:
 * `User_ID`, `user id` and `user_id:token` are all `userid`. Where no whole name is a usual one, the part behind the
 * last dot or slash is looked at, as in `properties.product_id` and `beer/beerId`.
 */
export function columnOf(role: Role, names: readonly string[]): number {
  const whole = names.map(plainName);
  const lastParts = names.map(name => (/[./]/.test(name) ? plainName(name.slice(name.search(/[^./]*$/))) : ''));
  for (const plain of [whole, lastParts]) {
    for (const spelling of SPELLINGS[role]) {
      const position = plain.indexOf(spelling);
      if (position !== -1) return position;
    }
  }
  return -1;
}

/** What to tell whoever has a file without a column for a role, beside the names of its columns; mostly nothing. */
export function missingColumnHint(role: Role, names: readonly string[]): string {
  const basket = names.find(name => BASKETS.includes(plainName(name)));
  if (role !== 'user' || basket === undefined) return '';
  return ` "${basket}" says what was bought together, not by whom: join the file with the one that does.`;
}

/** Words in names of columns that may well play a role, though no usual spelling is among them. */
const TELLING: Readonly<Partial<Record<Role, readonly string[]>>> = {
  rating: words('rating ratings score stars'),
  quantity: words('qty quantity count units plays hours'),
  timestamp: words('time date datetime timestamp at dt ts'),
};

/** The columns among `names` that look like a role by a word in their names, such as `purchase_dt` and `watchedAt`. */
export function columnsLike(role: Role, names: readonly string[]): string[] {
  return names.filter(name => {
    const parts = name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/);
    return TELLING[role]?.some(word => parts.includes(word));
  });
}

/** The position of a column that the caller named, or -1: spelled exactly, else spelled alike but for case and blanks. */
export function namedColumn(name: string, names: readonly string[]): number {
  const exact = names.indexOf(name);
  const folded = name.trim().toLowerCase();
  return exact !== -1 ? exact : names.findIndex(other => other.trim().toLowerCase() === folded);
}

/** Names shown in a message: enough to find the right one, short enough for a terminal. */
const SHOWN = 20;

/** The names of columns for a message, such as `"userId", "itemId" and 3 more`. */
export function quotedNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(name => `"${name.length > 40 ? `${name.slice(0, 40)}…` : name}"`);
  return shown.join(', ') + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '');
}

function plainName(name: string): string {
  return name
    .replace(/:(token|token_seq|float|float_seq)$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function words(text: string): readonly string[] {
  return text.split(' ');
}

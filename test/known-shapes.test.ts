import { describe, expect, test } from 'vitest';
import { type ReadRatingsOptions, readRatings } from '../src/learn/ratings/read-ratings.js';
import { scratchDirectory } from './support/scratch-directory.js';

/**
 * The shape of a known data set or export: its header and dialect, with rows made up here. Whoever has the file must not
 * have to name a column.
 */
interface Shape {
  readonly name: string;
  readonly file?: string;
  readonly options?: ReadRatingsOptions;
  readonly lines: readonly string[];
  readonly lineEnd?: '\r\n';
  readonly encoding?: 'latin1';
  /** Ratings that result: pairs of user and item, repeats as one. */
  readonly ratings: number;
  /** One of them: user, item, value, and seconds since 1970 where the file has times. */
  readonly one: readonly [user: string, item: string, value: number, seconds?: number];
}

const JSON_LINES = { file: 'data.jsonl' } as const;
const at = (time: string): number => Date.parse(time) / 1000;

const SHAPES: readonly Shape[] = [
  {
    name: 'MovieLens, since 2014',
    lines: ['userId,movieId,rating,timestamp', '1,31,2.5,1260759144', '7,1029,3.0,1260759179', '7,31,4.0,851868750'],
    ratings: 3,
    one: ['1', '31', 2.5, 1260759144],
  },
  {
    name: 'MovieLens 1M, 10M',
    file: 'ratings.dat',
    lines: ['1::1193::5::978300760', '1::661::3::978302109', '2::661::4::978298413'],
    ratings: 3,
    one: ['2', '661', 4, 978298413],
  },
  {
    name: 'MovieLens 100K',
    file: 'u.data',
    lines: ['196\t242\t3\t881250949', '186\t302\t3\t891717742'],
    ratings: 2,
    one: ['186', '302', 3, 891717742],
  },
  {
    name: 'HetRec 2011, MovieLens',
    lines: [
      'userID\tmovieID\trating\tdate_day\tdate_month\tdate_year',
      '75\t3\t1\t29\t10\t2006',
      '78\t3\t4.5\t29\t10\t2006',
    ],
    ratings: 2,
    one: ['78', '3', 4.5],
  },
  {
    name: 'HetRec 2011, Last.fm: plays are called weight',
    file: 'user_artists.dat',
    lines: ['userID\tartistID\tweight', '2\t51\t13883', '2\t52\t11690', '3\t51\t9'],
    ratings: 3,
    one: ['2', '51', 13883],
  },
  {
    name: 'RecBole atomic file',
    file: 'ml.inter',
    lines: [
      'user_id:token\titem_id:token\trating:float\ttimestamp:float',
      '196\t242\t3\t8.8125e8',
      '186\t302\t4\t891717742',
    ],
    ratings: 2,
    one: ['196', '242', 3, 881_250_000],
  },
  {
    name: 'Book-Crossing',
    lines: ['"User-ID";"ISBN";"Book-Rating"', '"276725";"034545104X";"7"', '"276726";"0155061224";"5"'],
    lineEnd: '\r\n',
    encoding: 'latin1',
    ratings: 2,
    one: ['276725', '034545104X', 7],
  },
  {
    name: 'Anime Recommendations',
    lines: ['user_id,anime_id,rating', '3,20,8', '3,154,6', '5,20,9'],
    ratings: 3,
    one: ['3', '154', 6],
  },
  {
    name: 'Goodreads interactions',
    lines: ['user_id,book_id,is_read,rating,is_reviewed', '0,948,1,5,0', '1,948,1,3,1'],
    ratings: 2,
    one: ['1', '948', 3],
  },
  {
    name: 'Goodreads interactions with dates',
    ...JSON_LINES,
    lines: [
      '{"user_id": "8842", "book_id": "130580", "review_id": "33ce", "rating": 4, "date_added": "Fri Aug 25 13:55:02 -0700 2017"}',
      '{"user_id": "8843", "book_id": "130580", "review_id": "33cf", "rating": 2, "date_added": "Sun Jul 30 07:44:10 -0700 2017"}',
    ],
    ratings: 2,
    one: ['8842', '130580', 4, at('2017-08-25T20:55:02Z')],
  },
  {
    name: 'goodbooks-10k',
    lines: ['user_id,book_id,rating', '1,258,5', '2,4081,4'],
    ratings: 2,
    one: ['2', '4081', 4],
  },
  {
    name: 'Amazon reviews of 2014 and 2018',
    ...JSON_LINES,
    lines: [
      '{"overall": 5.0, "verified": true, "reviewTime": "01 1, 2018", "reviewerID": "AU1", "asin": "5120053084", "unixReviewTime": 1514764800}',
      '{"overall": 2.0, "verified": true, "reviewTime": "01 2, 2018", "reviewerID": "AU2", "asin": "5120053084", "unixReviewTime": 1514851200, "vote": "3"}',
    ],
    ratings: 2,
    one: ['AU2', '5120053084', 2, 1514851200],
  },
  {
    name: 'Amazon reviews of 2023: milliseconds, and variants of one product',
    ...JSON_LINES,
    lines: [
      '{"rating": 5.0, "title": "Such a \\"scent\\"", "asin": "B00YQ6X8EO", "parent_asin": "B0PARENT01", "user_id": "AGK", "timestamp": 1588687728923, "helpful_vote": 0}',
      '{"rating": 4.0, "title": "Fine,\\nreally", "asin": "B081TJ8YS3", "parent_asin": "B0PARENT02", "user_id": "AGL", "timestamp": 1588615855070}',
    ],
    ratings: 2,
    one: ['AGK', 'B0PARENT01', 5, 1588687728.923],
  },
  {
    name: 'Amazon ratings only, without a header',
    options: { headerless: true },
    lines: ['A2CX7LUO,0321732944,5.0,1341100800', 'A2NWSAGR,0439886341,1.0,1367193600'],
    ratings: 2,
    one: ['A2NWSAGR', '0439886341', 1, 1367193600],
  },
  {
    name: 'Yelp reviews',
    ...JSON_LINES,
    lines: [
      '{"review_id":"KU","user_id":"mh_","business_id":"XQ","stars":3.0,"useful":0,"text":"If you\\ngo, \\"eat\\"","date":"2018-07-07 22:09:11"}',
      '{"review_id":"KV","user_id":"OyoG","business_id":"7A","stars":5.0,"useful":1,"text":"ok","date":"2012-01-03 15:28:18"}',
    ],
    ratings: 2,
    one: ['mh_', 'XQ', 3, at('2018-07-07T22:09:11Z')],
  },
  {
    name: 'Food.com, with reviews over several lines',
    lines: [
      'user_id,recipe_id,date,rating,review',
      '38094,40893,2003-02-17,4,"Great',
      'with ""salad"""',
      '1293707,40893,2011-12-21,5,So simple',
    ],
    ratings: 2,
    one: ['38094', '40893', 4, at('2003-02-17T00:00:00Z')],
  },
  {
    name: 'BeerAdvocate',
    lines: [
      'brewery_id,brewery_name,review_time,review_overall,review_aroma,review_profilename,beer_style,beer_name,beer_beerid',
      '10325,Vecchio,1234817823,1.5,2.0,stcules,Hefe,Sausa,47986',
      '10325,Vecchio,1235915097,3.0,2.5,other,Ale,Red,48213',
    ],
    ratings: 2,
    one: ['stcules', '47986', 1.5, 1234817823],
  },
  {
    name: 'Last.fm 360K with a header',
    lines: [
      'user_sha1\tartist_mbid\tartist_name\tplays',
      '00000c28\t3bd73256\tbetty "b\t2137',
      '00001411\t3bd73256\tbetty "b\t12',
    ],
    file: 'plays.tsv',
    ratings: 2,
    one: ['00000c28', '3bd73256', 2137],
  },
  {
    name: 'Million Song taste profile with a header',
    file: 'triplets.tsv',
    lines: ['user_id\tsong_id\tplay_count', 'b80344d0\tSOAKIMP12A8C130995\t1', 'b80344d0\tSOBBMDR12A8C13253B\t2'],
    ratings: 2,
    one: ['b80344d0', 'SOBBMDR12A8C13253B', 2],
  },
  {
    name: 'Steam recommendations: likes are true and false',
    lines: [
      'app_id,helpful,funny,date,is_recommended,hours,user_id,review_id',
      '975370,0,0,2022-12-12,true,36.3,51580,0',
      '304390,4,0,2017-02-17,false,11.5,2586,1',
      '975370,4,0,2017-02-17,true,11.5,2586,2',
    ],
    ratings: 3,
    one: ['2586', '975370', 1, at('2017-02-17T00:00:00Z')],
  },
  {
    name: 'Retailrocket',
    lines: [
      'timestamp,visitorid,event,itemid,transactionid',
      '1433221332117,257597,view,355908,',
      '1433224214164,992329,addtocart,355908,',
      '1433193500981,121688,transaction,15335,11117',
    ],
    ratings: 3,
    one: ['257597', '355908', 1, 1433221332.117],
  },
  {
    name: 'REES46, behaviour in an online shop',
    lines: [
      'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session',
      '2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde',
      '2019-10-01 00:00:01 UTC,purchase,3900821,2053013552326770905,appliances.environment,aqua,33.20,554748717,9333dfbd',
    ],
    ratings: 2,
    one: ['541312140', '44600062', 1, at('2019-10-01T00:00:00Z')],
  },
  {
    name: 'Tianchi mobile: times of hours',
    lines: [
      'user_id,item_id,behavior_type,user_geohash,item_category,time',
      '10001082,285259775,1,97lk14c,4076,2014-12-08 18',
      '10001083,4368907,1,,5503,2014-12-12 12',
    ],
    ratings: 2,
    one: ['10001082', '285259775', 1, at('2014-12-08T18:00:00Z')],
  },
  {
    name: 'H&M: prices are not ratings',
    lines: [
      't_dat,customer_id,article_id,price,sales_channel_id',
      '2018-09-20,000058a1,0663713001,0.0508,2',
      '2018-09-21,00007d2d,0505221004,0.0202,2',
    ],
    ratings: 2,
    one: ['000058a1', '0663713001', 1, at('2018-09-20T00:00:00Z')],
  },
  {
    name: 'Online Retail II: ids are fractions, quantities add up',
    lines: [
      'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country',
      '489434,85048,"15CM ""XMAS"" BALL",12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom',
      '489435,85048,"15CM ""XMAS"" BALL",4,2009-12-02 07:45:00,6.95,13085.0,United Kingdom',
      '489436,79323P,PINK LIGHTS,2,2009-12-02 07:46:00,6.75,13086.0,France',
    ],
    ratings: 2,
    one: ['13085', '85048', 16, at('2009-12-02T07:45:00Z')],
  },
  {
    name: 'Instacart, orders joined with users',
    lines: ['order_id,user_id,product_id,add_to_cart_order,reordered', '2,202279,33120,1,1', '3,205970,28985,2,0'],
    ratings: 2,
    one: ['202279', '33120', 1],
  },
  {
    name: 'Ta-Feng',
    lines: [
      'TRANSACTION_DT,CUSTOMER_ID,AGE_GROUP,PIN_CODE,PRODUCT_SUBCLASS,PRODUCT_ID,AMOUNT,ASSET,SALES_PRICE',
      '11/1/2000,01104905,45-49,115,110411,4710199010372,2,24,30',
      '11/27/2000,00418683,45-49,115,120107,4710857472535,1,48,46',
    ],
    ratings: 2,
    one: ['01104905', '4710199010372', 2, at('2000-11-01T00:00:00Z')],
  },
  {
    name: 'Dunnhumby, the complete journey',
    lines: [
      'household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE',
      '2375,26984851472,1,1004906,1,1.39',
      '2375,26984851473,1,1004906,2,0.82',
    ],
    ratings: 1,
    one: ['2375', '1004906', 3],
  },
  {
    name: 'Shopify orders',
    lines: [
      'Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Lineitem price',
      '#1000,a@example.com,2026-01-02 10:00:00 +0100,2,"Shirt, red",SKU-1,17.90',
      '#1001,a@example.com,2026-01-03 10:00:00 +0100,3,"Shirt, red",SKU-1,17.90',
    ],
    ratings: 1,
    one: ['a@example.com', 'SKU-1', 5, at('2026-01-03T09:00:00Z')],
  },
  {
    name: 'WooCommerce orders',
    lines: [
      'Order Number,Order Date,Customer Email,SKU,Item Name,Quantity,Item Cost',
      '101,2026-01-02 10:00,a@example.com,S1,Shirt,2,9.99',
      '102,2026-01-03 10:00,b@example.com,S1,Shirt,1,9.99',
    ],
    ratings: 2,
    one: ['a@example.com', 'S1', 2, at('2026-01-02T10:00:00Z')],
  },
  {
    name: 'Magento order items',
    lines: [
      'increment_id,customer_id,sku,qty_ordered,created_at',
      '100,1,S1,2.0000,2026-01-02 10:00:00',
      '101,2,S1,1.0000,2026-01-02 10:00:01',
    ],
    ratings: 2,
    one: ['1', 'S1', 2, at('2026-01-02T10:00:00Z')],
  },
  {
    name: 'Amazon marketplace orders',
    file: 'orders.tsv',
    lines: [
      'order-id\tbuyer-email\tsku\tquantity-purchased\tpurchase-date',
      '1\ta@example.com\tS1\t2\t2026-01-02T10:00:00+00:00',
      '2\tb@example.com\tS1\t1\t2026-01-02T10:00:00+00:00',
    ],
    ratings: 2,
    one: ['a@example.com', 'S1', 2, at('2026-01-02T10:00:00Z')],
  },
  {
    name: 'Amazon Personalize interactions',
    lines: ['USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE', '1,10,1612069510,watch', '2,10,1612069511,click'],
    ratings: 2,
    one: ['1', '10', 1, 1612069510],
  },
  {
    name: 'Gorse feedback',
    lines: [
      'FeedbackType,UserId,ItemId,Timestamp',
      'like,u1,i1,2022-06-24 21:20:11 ',
      'like,u2,i1,2022-06-24 21:20:13 ',
      'read,u2,i1,2022-06-24 21:20:19 ',
    ],
    ratings: 2,
    one: ['u1', 'i1', 1, at('2022-06-24T21:20:11Z')],
  },
  {
    name: 'KuaiRec',
    lines: [
      'user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio',
      '0,3649,13838,10867,2020-07-05 00:08:23.438,20200705.0,1593878903.438,1.25',
      '0,9598,13665,10984,2020-07-05 00:13:41.297,20200705.0,1593879221.297,0.5',
    ],
    ratings: 2,
    one: ['0', '3649', 1.25, 1593878903.438],
  },
  {
    name: 'Last.fm scrobbles exported by their listener, with user names',
    lines: [
      'username,uts,utc_time,artist,album,track',
      'ann,1612069510,"31 Jan 2021, 05:05",Air,Moon,Safari',
      'bob,1612069511,"31 Jan 2021, 05:05",Air,Moon,Safari',
    ],
    ratings: 2,
    one: ['ann', 'Safari', 1],
  },
  {
    name: 'pandas with its index as the first column',
    lines: [',userId,itemId,rating', '0,u1,i1,3.0', '1,u2,i2,4.0'],
    ratings: 2,
    one: ['u1', 'i1', 3],
  },
  {
    name: 'pandas, ids as fractions since some are missing elsewhere',
    lines: ['userId,itemId,rating', '1.0,10.0,3', '2.0,11.0,4'],
    ratings: 2,
    one: ['1', '10', 3],
  },
  {
    name: 'a JSON array over several lines',
    file: 'ratings.json',
    lines: [
      '[',
      ' {"userId": 1, "itemId": "a", "rating": 3},',
      ' {"userId": 9007199254740993, "itemId": "b", "rating": 4}',
      ']',
    ],
    ratings: 2,
    one: ['9007199254740993', 'b', 4],
  },
  {
    name: 'events of the BigQuery export of an analytics service, flattened: microseconds, ids with a point',
    lines: [
      'event_date,event_timestamp,event_name,user_pseudo_id,item_id,quantity',
      '20210131,1612069510766593,purchase,1026454.4271112504,G1,2',
      '20210131,1612069510766594,purchase,1026454.4271112500,G1,1',
    ],
    ratings: 2,
    one: ['1026454.4271112504', 'G1', 2, 1612069510.766593],
  },
];

describe.each(SHAPES)('$name', ({ file = 'data.csv', options, lines, lineEnd = '\n', encoding, ratings, one }) => {
  test('is read as it comes', async () => {
    const write = scratchDirectory();
    const text = lines.map(line => line + lineEnd).join('');
    const table = await readRatings(write(file, encoding ? Buffer.from(text, encoding) : text), options);
    const rows = Array.from(table.users, (user, row) => [
      table.userIds[user],
      table.itemIds[table.items[row]!],
      table.values[row],
      ...(table.timestamps ? [table.timestamps[row]] : []),
    ]);
    expect(rows).toHaveLength(ratings);
    expect(rows).toContainEqual(one.map((field, position) => (position === 2 ? Math.fround(Number(field)) : field)));
    expect(table.rejected).toBe(0);
  });
});

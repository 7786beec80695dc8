use tokio_postgres::*;
use std::time::Instant;
#[tokio::main]
async fn main() {
    let mut child = tokio::process::Command::new("node").arg("/work/main/crates/sandbox/embedded/database.mjs").arg(std::env::args().nth(1).unwrap())
        .stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let stream = tokio::io::join(child.stdout.take().unwrap(), child.stdin.take().unwrap());
    let t = Instant::now();
    let (mut client, conn) = Config::new().user("postgres").dbname("postgres").connect_raw(stream, NoTls).await.unwrap();
    tokio::spawn(async move { println!("conn end {:?}", conn.await) });
    println!("connected {:?}", t.elapsed());
    client.batch_execute("create extension if not exists postgis; drop table if exists t; create table t(id int primary key, name text, g geometry(point,3857)); drop role if exists k; create role k; ").await.unwrap();
    println!("setup {:?}", t.elapsed());
    let t1 = Instant::now();
    let ids: Vec<i32> = (100000..140000).collect(); let xs: Vec<f64> = ids.iter().map(|i| *i as f64).collect();
    println!("{:?}", client.execute("insert into t select i,'a',ST_SetSRID(ST_MakePoint(x,x),3857) from unnest($1::int[],$2::float8[]) as u(i,x)", &[&ids,&xs]).await);
    println!("insert {:?}", t1.elapsed());
    for sql in ["select 1; select 2", "select set_config('role','postgres',false)", "select count(*) from t"] {
        let tx = client.transaction().await.unwrap();
        tx.batch_execute("set transaction read only; set local role k").await.unwrap();
        println!("{sql}: {:?}", tx.query(sql, &[]).await.map_err(|e| e.to_string()+&format!("{:?}", e.as_db_error())));
        tx.rollback().await.unwrap();
    }
    println!("{:?}", client.query_one("select current_user", &[]).await.unwrap().get::<_,String>(0));
    let t1 = Instant::now();
    let r = client.query("select ST_AsBinary(g), name from t where g is not null limit 40000", &[]).await.unwrap();
    println!("rows {} {:?} {:?}", r.len(), t1.elapsed(), r[0].get::<_,&[u8]>(0));
    let tx = client.transaction().await.unwrap();
    let st = tx.prepare("select id, g from t order by id").await.unwrap();
    println!("{:?}", st.columns());
    let p = tx.bind("select id from t order by id", &[]).await.unwrap();
    for _ in 0..3 { println!("portal {:?}", tx.query_portal(&p, 2).await.map(|r| r.iter().map(|r| r.get::<_,i32>(0)).collect::<Vec<_>>())); }
    drop(p); tx.rollback().await.unwrap();
    let t1 = Instant::now();
    for _ in 0..100 { client.query("select 1", &[]).await.unwrap(); }
    println!("100 queries {:?}", t1.elapsed());
    println!("{:?}", tokio::time::timeout(std::time::Duration::from_secs(2), client.query("select 1 from pg_sleep(60)", &[])).await.map(|_|()));
    child.kill().await.unwrap();
}
